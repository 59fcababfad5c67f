import type { Picture } from "@brushwork/core";
import sharp, { type OverlayOptions } from "sharp";
import { type Glyph, labelGlyphs, missingGlyph } from "../label-glyphs.js";

/** A picture on a sheet, with the text below it. */
export interface SheetCell {
  /** Absent: the cell stays grey. */
  readonly picture?: Picture;
  /** Lines of text; one that is longer than the cell is wide is wrapped between words. */
  readonly caption: readonly string[];
}

export interface SheetOptions {
  /** The number of cells in a row. */
  readonly columns: number;
  /** Width and height that each cell has for its picture, in pixels. */
  readonly cell: { readonly width: number; readonly height: number };
}

/** In pixels. */
const layout = { font: 14, line: 19, gap: 18 } as const;
const background = { r: 255, g: 255, b: 255, alpha: 1 };

/** Pictures in a grid, row by row, each with a caption, on white. */
export async function sheetOf(
  cells: readonly SheetCell[],
  { columns, cell }: SheetOptions,
): Promise<Picture> {
  const captions = cells.map(({ caption }) => caption.flatMap((line) => wrapped(line, cell.width)));
  const lines = Math.max(...captions.map(({ length }) => length));
  const pitch = { x: cell.width + layout.gap, y: cell.height + lines * layout.line + layout.gap };
  const width = layout.gap + columns * pitch.x;
  const height = layout.gap + Math.ceil(cells.length / columns) * pitch.y;
  const corners = cells.map((_, i) => ({
    left: layout.gap + (i % columns) * pitch.x,
    top: layout.gap + Math.floor(i / columns) * pitch.y,
  }));
  const drawn = corners.flatMap(({ left, top }, i) => [
    ...(cells[i]?.picture === undefined
      ? [`<rect x="${left}" y="${top}" width="${cell.width}" height="${cell.height}" fill="#e6e6e6"/>`]
      : []),
    ...(captions[i] ?? []).map((line, j) =>
      outlined(line, left, top + cell.height + j * layout.line + layout.font + 4),
    ),
  ]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn.join("")}</svg>`;
  const pictures = cells.flatMap(({ picture }, i): OverlayOptions[] =>
    picture === undefined
      ? []
      : [
          {
            input: Buffer.from(picture.data.buffer, picture.data.byteOffset, picture.data.byteLength),
            raw: { width: picture.width, height: picture.height, channels: 4 },
            left: corners[i]?.left ?? 0,
            top: corners[i]?.top ?? 0,
          },
        ],
  );
  const data = await sharp({ create: { width, height, channels: 4, background } })
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...pictures])
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength) };
}

function glyphOf(character: string): Glyph {
  const glyphs = labelGlyphs();
  const name = Object.hasOwn(glyphs, character) ? character : missingGlyph;
  return glyphs[name] ?? [0, ""];
}

/** In pixels. */
function widthOf(text: string): number {
  const thousandths = Array.from(text).reduce((sum, character) => sum + glyphOf(character)[0], 0);
  return (thousandths * layout.font) / 1000;
}

/** The lines of a text that is at most so wide; a word that is wider stays whole. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function outlined(text: string, left: number, baseline: number): string {
  let x = 0;
  const paths = Array.from(text).map((character) => {
    const [advance, outline] = glyphOf(character);
    const path = `<path transform="translate(${x} 0)" d="${outline}"/>`;
    x += advance;
    return path;
  });
  const scale = layout.font / 1000;
  return `<g fill="#222" transform="translate(${left} ${baseline}) scale(${scale})">${paths.join("")}</g>`;
}
