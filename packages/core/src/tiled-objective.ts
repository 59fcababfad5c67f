import * as tf from "@tensorflow/tfjs-core";
import { gradientSum } from "./gradient-sum.js";
import type { Additive, LossTerm, Masks, Measures, Site } from "./loss.js";
import { withMargin } from "./margin.js";
import { layerMasks, styleRegions } from "./masks.js";
import { type Features, imageLayer, type Network, type Pass } from "./network.js";
import { networkLayers, type Objective } from "./objective.js";
import { pictureTensor, placedMask, placedTensor } from "./picture.js";
import { filling, type Size } from "./placement.js";
import type { Plan } from "./plan.js";
import type { StylizeOptions } from "./run-options.js";
import {
  type Area,
  cropOf,
  geometryOf,
  lengthOf,
  positionsOf,
  type Span,
  type TileRules,
  tileRules,
  tilesOf,
  within,
} from "./tiles.js";

/** A picture in tiles, with what its measures need. */
interface Cut {
  /** [height, width] */
  readonly size: Size;
  readonly tiles: readonly Area[];
  /** A term measures once for each of them, if it looks at the styles. Absent: everywhere. */
  readonly masks: readonly (Masks | undefined)[];
  /** The content's activations of each tile, by term and layer. */
  readonly content: readonly ReadonlyMap<LossTerm, Features>[];
}

/** Where a tensor of a tile's measures belongs. */
interface Place {
  readonly term: LossTerm;
  readonly region: number;
  readonly layer: string;
  readonly name: string;
}

/** Sums over tiles, on the host: in double precision, so that their number costs no digits. */
interface Sum extends Place {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What is the same for all pictures of a scale. */
interface Setting {
  readonly network: Network;
  /** The network whose gradient is wanted. */
  readonly differentiated: Pick<Network, "forward">;
  readonly terms: readonly LossTerm[];
  readonly layers: readonly string[];
  readonly rules: TileRules;
  /** Lets other work run between tiles; throws where the run has to end. */
  pause(): Promise<void>;
}

/**
 * The objective of a scale in tiles: the same loss and gradient as in one piece, but for the order of sums.
 *
 * Each tile is evaluated with the surroundings that its features see, and counts only the features that belong to it. A
 * first pass over the tiles sums the terms' measures, a second one takes the gradient of each tile's own features back
 * to all the pixels that they see, and adds it up. The caller disposes of it.
 */
export async function tiledObjective(
  run: Plan,
  scale: Plan["scales"][number],
  { network, content, terms }: StylizeOptions,
  differentiated: Pick<Network, "forward">,
  pause: () => Promise<void>,
): Promise<Objective> {
  const { tiles: plannedTiles, size, content: placement, styleSizes } = scale;
  if (plannedTiles === undefined) throw new Error("Expected a scale that is planned in tiles.");
  const { side, kept } = plannedTiles;
  const layers = networkLayers(terms);
  const rules = tileRules(network, terms);
  const setting: Setting = { network, differentiated, terms, layers, rules, pause };
  const outer: Size = [size[0] + 2 * run.margin, size[1] + 2 * run.margin];
  const own: tf.TensorContainer[] = [];
  const dispose = () => tf.dispose(own);
  try {
    const tiles = tilesOf(outer, side, rules);
    const contents = await activationsBeside(
      setting,
      { size: outer, tiles },
      () => withMargin(placedTensor(content, placement), run.margin),
      (each) => own.push(each),
    );
    const styles: MeasuredStyle[] = [];
    for (const [i, { picture, weight, contentMask, styleMask }] of run.styles.entries()) {
      const styleSize = styleSizes[i] ?? size;
      const given = {
        ...(contentMask && { content: () => withMargin(placedMask(contentMask, placement), run.margin) }),
        ...(styleMask && { style: () => placedMask(styleMask, filling(styleSize)) }),
      };
      const masks = masksOf(setting, given, { image: outer, style: styleSize });
      if (masks.contentMasks) own.push({ ...masks.contentMasks });
      try {
        const cut: Cut = {
          size: styleSize,
          tiles: tilesOf(styleSize, side, rules),
          masks: [masks.styleMasks],
          content: [],
        };
        const sums = await measuredPicture(setting, cut, () => pictureTensor(picture, styleSize));
        styles.push({ weight, sums, ...(masks.contentMasks && { contentMasks: masks.contentMasks }) });
      } finally {
        tf.dispose({ ...masks.styleMasks });
      }
    }
    const regions = styleRegions(styles);
    const goals = terms.map((term) => regions.map((region) => goalOf(term, region.styles)));
    own.push(goals);
    const image: Cut = {
      size: outer,
      tiles,
      masks: regions.map(({ contentMasks }) => contentMasks),
      content: contents,
    };
    return {
      at: (pixels, weights, use) => evaluated(setting, image, { pixels, weights, kept, regions, goals }, use),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The masks of a style at all layers. The caller owns them. */
function masksOf(
  setting: Setting,
  { content, style }: { readonly content?: () => tf.Tensor4D; readonly style?: () => tf.Tensor4D },
  sizes: { readonly image: Size; readonly style: Size },
): ReturnType<typeof layerMasks> {
  if (content === undefined && style === undefined) return {};
  const shapes = { image: shapesOf(setting, sizes.image), style: shapesOf(setting, sizes.style) };
  return tf.tidy(() =>
    layerMasks(
      setting.network,
      { ...(content && { content: content() }), ...(style && { style: style() }) },
      shapes,
    ),
  );
}

/** A style's weight, its own measures, and where it acts. */
interface MeasuredStyle {
  readonly weight: number;
  readonly sums: readonly Sum[];
  readonly contentMasks?: Masks;
}

function additiveOf({ additive, name }: LossTerm): Additive {
  if (additive === undefined) throw new Error(`Expected the loss ${name} to be additive.`);
  return additive;
}

/** A term's targets in a region. The caller owns them. */
function goalOf(term: LossTerm, styles: readonly MeasuredStyle[]): tf.TensorContainer {
  return tf.tidy(() => {
    const measured = styles.map(({ weight, sums }) => {
      const ofTerm = sums.filter((sum) => sum.term === term);
      return { weight, measures: measuresOf(ofTerm, ofTerm.map(tensorOf)) };
    });
    return additiveOf(term).prepare?.(measured);
  });
}

/** The activations of the content that terms compare a tile's with, tile by tile. */
async function activationsBeside(
  { network, terms, rules, pause }: Setting,
  { size, tiles }: Pick<Cut, "size" | "tiles">,
  imageOf: () => tf.Tensor4D,
  hold: (tensors: tf.TensorContainer) => void,
): Promise<readonly ReadonlyMap<LossTerm, Features>[]> {
  const asking = terms.filter(({ additive }) => additive?.beside);
  if (asking.length === 0) return [];
  const layers = networkLayers(asking);
  const image = tf.tidy(imageOf);
  const found: ReadonlyMap<LossTerm, Features>[] = [];
  try {
    for (const tile of tiles) {
      const crop = cropOf(tile, size, rules);
      const ofTile = tf.tidy(() => {
        const part = cut(image, crop);
        const features = { ...(layers.length > 0 && network.features(part, layers)), [imageLayer]: part };
        return asking.map((term) =>
          Object.fromEntries(
            term.layers.map((layer) => [layer, seenBy(term, layer, features, crop, tile, size)]),
          ),
        );
      });
      hold(ofTile);
      found.push(new Map(asking.map((term, i) => [term, ofTile[i] as Features])));
      await pause();
    }
  } finally {
    image.dispose();
  }
  return found;

  function seenBy(term: LossTerm, layer: string, features: Features, crop: Area, tile: Area, of: Size) {
    const { stride } = geometryOf(network, layer);
    const seen = positionsOf(tile, of, stride, term.additive?.reach ?? 0);
    return cut(features[layer] as tf.Tensor4D, within(seen, crop, stride));
  }
}

/** The sums of a picture's measures. */
async function measuredPicture(
  setting: Setting,
  picture: Cut,
  imageOf: () => tf.Tensor4D,
): Promise<readonly Sum[]> {
  const image = tf.tidy(imageOf);
  try {
    const sums: Sum[] = [];
    // A style is compared with nothing.
    const terms = setting.terms.filter(({ additive }) => additive?.prepare);
    for (const i of picture.tiles.keys()) {
      const places: Place[] = [];
      const found = tf.tidy(() => {
        const part = cropped(setting, image, picture, i);
        const layers = networkLayers(terms);
        const features = {
          ...(layers.length > 0 && setting.network.features(part, layers)),
          [imageLayer]: part,
        };
        return measuresOfTile({ ...setting, terms }, picture, i, features, places);
      });
      await addTo(sums, places, found);
      await setting.pause();
    }
    return sums;
  } finally {
    image.dispose();
  }
}

function cropped({ rules }: Setting, image: tf.Tensor4D, { tiles, size }: Cut, i: number): tf.Tensor4D {
  return cut(image, cropOf(tiles[i] as Area, size, rules));
}

/** An evaluation in two passes over the tiles, the second of which ends where the first one began. */
async function evaluated<Result extends tf.TensorContainer>(
  setting: Setting,
  picture: Cut,
  {
    pixels,
    weights,
    kept,
    regions,
    goals,
  }: {
    readonly pixels: tf.Tensor4D;
    readonly weights: Readonly<Record<string, tf.Scalar>>;
    /** How many passes stay open until their gradient is asked for. */
    readonly kept: number;
    readonly regions: readonly { readonly weight: number }[];
    readonly goals: readonly (readonly tf.TensorContainer[])[];
  },
  use: Parameters<Objective["at"]>[2],
): Promise<Result> {
  const { network, differentiated, terms, layers, rules, pause } = setting;
  const { tiles, size } = picture;
  const open = new Map<number, { readonly part: tf.Tensor4D; readonly pass: Pass | undefined }>();
  const sums: Sum[] = [];
  let bars: readonly tf.Tensor[] = [];
  let values: readonly tf.Scalar[] = [];
  const opened = (i: number) => {
    const part = tf.tidy(() => cropped(setting, pixels, picture, i));
    open.set(i, { part, pass: undefined });
    const state = { part, pass: layers.length > 0 ? differentiated.forward(part, layers) : undefined };
    open.set(i, state);
    return state;
  };
  const close = (i: number) => {
    const state = open.get(i);
    state?.pass?.dispose();
    state?.part.dispose();
    open.delete(i);
  };
  try {
    for (const i of tiles.keys()) {
      const places: Place[] = [];
      let found: tf.Tensor[];
      if (i >= tiles.length - kept) {
        const { part, pass } = opened(i);
        const features = { ...pass?.features, [imageLayer]: part };
        found = tf.tidy(() => measuresOfTile(setting, picture, i, features, places));
      } else
        found = tf.tidy(() => {
          const part = cropped(setting, pixels, picture, i);
          const features = { ...(layers.length > 0 && network.features(part, layers)), [imageLayer]: part };
          return measuresOfTile(setting, picture, i, features, places);
        });
      await addTo(sums, places, found);
      await pause();
    }
    ({ bars, values } = scored());
    const gradient = new Float32Array(size[0] * size[1] * 3);
    for (const i of [...tiles.keys()].reverse()) {
      const { part, pass } = open.get(i) ?? opened(i);
      const seen = seenAt(i, { ...pass?.features, [imageLayer]: part });
      const at = (layer: string) => gradientAt(i, layer, seen);
      const ofPart = (() => {
        try {
          return tf.tidy(() => {
            const through = pass?.backward(at);
            const sees = terms.some((term) => term.layers.includes(imageLayer));
            return gradientSum(sees ? at(imageLayer) : undefined, through);
          });
        } finally {
          for (const { activation } of seen.values()) activation.dispose();
        }
      })();
      close(i);
      if (ofPart !== undefined) {
        try {
          addArea(gradient, await ofPart.data(), cropOf(tiles[i] as Area, size, rules), size[1]);
        } finally {
          ofPart.dispose();
        }
      }
      await pause();
    }
    return tf.tidy(() => {
      const losses = values.map((value) => tf.clone(value));
      return use({
        loss: tf.addN(losses),
        gradient: tf.tensor4d(gradient, [1, ...size, 3]),
        terms: Object.fromEntries(terms.map(({ name }, i) => [name, losses[i] as tf.Scalar])),
      });
    }) as Result;
  } finally {
    for (const i of [...open.keys()]) close(i);
    tf.dispose([...bars, ...values]);
  }

  /** The weighted loss of each term, and its gradient with respect to each sum. */
  function scored(): { readonly bars: tf.Tensor[]; readonly values: tf.Scalar[] } {
    return tf.tidy(() => {
      const bars: tf.Tensor[] = [];
      const values = terms.map((term, t) => {
        const own = Object.hasOwn(weights, term.name) ? weights[term.name] : undefined;
        const given = own ?? tf.scalar(term.weight);
        const ofTerm = sums.filter((sum) => sum.term === term);
        const lossOf = (...tensors: tf.Tensor[]): tf.Scalar => {
          const scores = regionsOf(term, regions).map(({ weight }, region) => {
            const indices = [...ofTerm.keys()].filter((i) => ofTerm[i]?.region === region);
            const measures = measuresOf(
              indices.map((i) => ofTerm[i] as Sum),
              indices.map((i) => tensors[i] as tf.Tensor),
            );
            return tf.mul<tf.Scalar>(additiveOf(term).score(measures, goals[t]?.[region]), weight);
          });
          return tf.addN(scores);
        };
        const { value, grads } = tf.valueAndGrads(lossOf)(ofTerm.map(tensorOf), given);
        bars.push(...grads);
        return tf.mul(value, given) as tf.Scalar;
      });
      return { bars, values };
    });
  }

  /** What the terms see of a crop's features. A pass frees the features before it asks for their gradients. */
  function seenAt(i: number, features: Features): Map<string, Seen> {
    const tile = tiles[i] as Area;
    const seen = new Map<string, Seen>();
    try {
      for (const term of terms)
        for (const layer of term.layers) {
          const { reach = 0 } = additiveOf(term);
          if (seen.has(seenName(layer, reach))) continue;
          const { stride } = geometryOf(network, layer);
          const whole = features[layer] as tf.Tensor4D;
          const area = within(positionsOf(tile, size, stride, reach), cropOf(tile, size, rules), stride);
          // Kept, as a sign that no copy of it is needed for the backward pass.
          const activation = tf.keep(tf.tidy(() => cut(whole, area)));
          seen.set(seenName(layer, reach), { activation, zeros: around(area, whole.shape) });
        }
    } catch (error) {
      for (const { activation } of seen.values()) activation.dispose();
      throw error;
    }
    return seen;
  }

  /** The gradient with respect to a crop's activation, of the positions that belong to its tile. */
  function gradientAt(i: number, layer: string, seen: ReadonlyMap<string, Seen>): tf.Tensor4D | undefined {
    let total: tf.Tensor4D | undefined;
    for (const term of terms) {
      const found = seen.get(seenName(layer, additiveOf(term).reach ?? 0));
      if (found === undefined || !term.layers.includes(layer)) continue;
      const pull = (activation: tf.Tensor) => {
        const pulls: tf.Tensor[] = [];
        for (const [region] of regionsOf(term, regions).entries()) {
          const measured = measureAt(setting, picture, i, { term, region, layer }, activation as tf.Tensor4D);
          for (const [name, value] of Object.entries(measured)) {
            const at = sums.findIndex(
              (sum) => sum.term === term && sum.region === region && sum.layer === layer && sum.name === name,
            );
            pulls.push(tf.sum(tf.mul(value, bars[at] as tf.Tensor)));
          }
        }
        return tf.addN(pulls);
      };
      const gradient = tf.tidy(() => tf.pad(tf.grad(pull)(found.activation) as tf.Tensor4D, found.zeros));
      total = gradientSum(total, gradient);
    }
    return total;
  }
}

/** What a term sees of a crop's activation, and the zeros around it there. */
interface Seen {
  readonly activation: tf.Tensor4D;
  readonly zeros: [number, number][];
}

function seenName(layer: string, reach: number): string {
  return `${reach} around ${layer}`;
}

/** The regions in which a term is scored: a term that does not look at the styles has a single one. */
function regionsOf<Region extends { readonly weight: number }>(
  term: LossTerm,
  regions: readonly Region[],
): readonly { readonly weight: number }[] {
  return additiveOf(term).prepare === undefined ? [{ weight: 1 }] : regions;
}

/** The measures of a tile from the features of its crop, and what each of them is. Call it inside a `tidy`. */
function measuresOfTile(
  setting: Setting,
  picture: Cut,
  i: number,
  features: Features,
  places: Place[],
): tf.Tensor[] {
  const { network, terms, rules } = setting;
  const { tiles, size, masks } = picture;
  const tile = tiles[i] as Area;
  const found: tf.Tensor[] = [];
  for (const term of terms)
    for (const layer of term.layers) {
      const { stride } = geometryOf(network, layer);
      const seen = positionsOf(tile, size, stride, additiveOf(term).reach ?? 0);
      const ofLayer = tf.tidy(() => {
        const activation = cut(
          features[layer] as tf.Tensor4D,
          within(seen, cropOf(tile, size, rules), stride),
        );
        return regionsOf(
          term,
          masks.map(() => ({ weight: 1 })),
        ).map((_, region) => {
          const measured = measureAt(setting, picture, i, { term, region, layer }, activation);
          places.push(...Object.keys(measured).map((name) => ({ term, region, layer, name })));
          return Object.values(measured);
        });
      });
      found.push(...ofLayer.flat());
    }
  return found;
}

/** A term's measure of a tile at a layer, from the activation that it sees there. */
function measureAt(
  { network }: Setting,
  { size, tiles, masks, content }: Cut,
  i: number,
  { term, region, layer }: Omit<Place, "name">,
  activation: tf.Tensor4D,
): tf.NamedTensorMap {
  const { reach = 0, measure, prepare } = additiveOf(term);
  const tile = tiles[i] as Area;
  const { stride } = geometryOf(network, layer);
  const seen = positionsOf(tile, size, stride, reach);
  const own = within(positionsOf(tile, size, stride, 0), seen);
  const mask = prepare && masks[region]?.[layer];
  const beside = content[i]?.get(term)?.[layer];
  return measure(activation, {
    layer,
    whole: wholeShape(network, layer, size),
    ...(beside && { content: beside }),
    ...(mask && { mask: cut(mask, seen) }),
    own: (map) => cut(map, own),
  });
}

function wholeShape(network: Network, layer: string, [height, width]: Size): Site["whole"] {
  const { stride, channels } = geometryOf(network, layer);
  return [1, Math.floor(height / stride), Math.floor(width / stride), channels];
}

function shapesOf({ network, layers }: Setting, size: Size) {
  const named = [...layers, imageLayer];
  return Object.fromEntries(named.map((layer) => [layer, { shape: wholeShape(network, layer, size) }]));
}

function measuresOf(places: readonly Place[], tensors: readonly tf.Tensor[]): Measures {
  const measures: Record<string, tf.NamedTensorMap> = {};
  for (const [i, { layer, name }] of places.entries())
    measures[layer] = { ...measures[layer], [name]: tensors[i] as tf.Tensor };
  return measures;
}

/** Adds a tile's measures to sums, which begin with those of the first tile; it frees them. */
async function addTo(sums: Sum[], places: readonly Place[], found: readonly tf.Tensor[]): Promise<void> {
  try {
    for (const [i, tensor] of found.entries()) {
      const values = await tensor.data();
      const sum = sums[i];
      if (sum === undefined) {
        sums.push({ ...(places[i] as Place), shape: tensor.shape, data: Float64Array.from(values) });
        continue;
      }
      for (let at = 0; at < values.length; at++) sum.data[at] = (sum.data[at] ?? 0) + (values[at] ?? 0);
    }
  } finally {
    tf.dispose([...found]);
  }
}

function tensorOf({ data, shape }: Sum): tf.Tensor {
  return tf.tensor(Float32Array.from(data), [...shape]);
}

/** Adds the values of an area, three at each position, to those of an image of a width. */
function addArea(
  into: Float32Array,
  values: ArrayLike<number>,
  { rows, columns }: Area,
  width: number,
): void {
  const length = 3 * lengthOf(columns);
  for (let row = 0; row < lengthOf(rows); row++) {
    const to = 3 * ((rows[0] + row) * width + columns[0]);
    const from = row * length;
    for (let i = 0; i < length; i++) into[to + i] = (into[to + i] ?? 0) + (values[from + i] ?? 0);
  }
}

function cut(tensor: tf.Tensor4D, { rows, columns }: Area): tf.Tensor4D {
  return tf.slice(
    tensor,
    [0, rows[0], columns[0], 0],
    [1, lengthOf(rows), lengthOf(columns), tensor.shape[3]],
  );
}

/** The zeros around an area in an activation. */
function around({ rows, columns }: Area, [, height, width]: tf.Tensor4D["shape"]): [number, number][] {
  const beside = ([begin, end]: Span, length: number): [number, number] => [begin, length - end];
  return [[0, 0], beside(rows, height), beside(columns, width), [0, 0]];
}
