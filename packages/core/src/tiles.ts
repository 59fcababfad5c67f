import type { LossTerm } from "./loss.js";
import { imageLayer, type LayerGeometry, type Network } from "./network.js";
import type { Size } from "./placement.js";

/** Positions from the first to before the last, along one axis. */
export type Span = readonly [begin: number, end: number];

/** A rectangle of positions. */
export interface Area {
  readonly rows: Span;
  readonly columns: Span;
}

/** What tiles have to respect: where their borders may lie, and how far beyond them their features see. */
export interface TileRules {
  /** Borders lie at multiples of it: the stride of the deepest layer. */
  readonly grid: number;
  /** Pixels around a tile that its features see, a multiple of the grid. */
  readonly halo: number;
}

/** How a layer's positions lie over the image; those of "image" are its pixels. */
export function geometryOf({ geometry }: Pick<Network, "geometry">, layer: string): LayerGeometry {
  if (layer === imageLayer) return { stride: 1, reach: 0, channels: 3 };
  if (geometry === undefined) throw new Error("Expected a network whose layers have places in the picture.");
  return geometry(layer);
}

export function tileRules(network: Pick<Network, "geometry">, terms: readonly LossTerm[]): TileRules {
  const seen = terms.flatMap(({ layers, additive }) =>
    layers.map((layer) => {
      const { stride, reach } = geometryOf(network, layer);
      return { stride, reach: reach + (additive?.reach ?? 0) * stride };
    }),
  );
  const grid = Math.max(...seen.map(({ stride }) => stride));
  return { grid, halo: grid * Math.ceil(Math.max(...seen.map(({ reach }) => reach)) / grid) };
}

/** Spans of a length of about equal size, at most as long as a tile's side, but for the last, which has the remainder. */
function spans(length: number, side: number, { grid }: TileRules): readonly Span[] {
  const cells = Math.max(1, Math.floor(length / grid));
  const count = Math.ceil(cells / Math.max(1, Math.floor(side / grid)));
  const border = (i: number) => (i === count ? length : Math.round((i * cells) / count) * grid);
  return Array.from({ length: count }, (_, i) => [border(i), border(i + 1)]);
}

/** The tiles of an image, row by row. */
export function tilesOf([height, width]: Size, [rows, columns]: Size, rules: TileRules): readonly Area[] {
  const across = spans(width, columns, rules);
  return spans(height, rows, rules).flatMap((span) => across.map((each) => ({ rows: span, columns: each })));
}

/** The part of the image that the features of a tile see. */
export function cropOf({ rows, columns }: Area, [height, width]: Size, { halo }: TileRules): Area {
  const grown = ([begin, end]: Span, length: number): Span => [
    Math.max(0, begin - halo),
    Math.min(length, end + halo),
  ];
  return { rows: grown(rows, height), columns: grown(columns, width) };
}

/** The positions of a layer that belong to a tile, and as many of their neighbours as a term reaches. */
export function positionsOf(
  { rows, columns }: Area,
  [height, width]: Size,
  stride: number,
  reach: number,
): Area {
  const along = ([begin, end]: Span, length: number): Span => {
    const count = Math.floor(length / stride);
    const last = end === length ? count : end / stride;
    return [Math.max(0, begin / stride - reach), Math.min(count, last + reach)];
  };
  return { rows: along(rows, height), columns: along(columns, width) };
}

export function lengthOf([begin, end]: Span): number {
  return end - begin;
}

/** An area relative to another one's first position, with both coordinates divided by a stride. */
export function within({ rows, columns }: Area, { rows: top, columns: left }: Area, stride = 1): Area {
  const moved = ([begin, end]: Span, by: number): Span => [begin - by / stride, end - by / stride];
  return { rows: moved(rows, top[0]), columns: moved(columns, left[0]) };
}
