import { readFileSync } from "node:fs";

/** A character's advance and outline (an SVG path about its origin on the baseline), in thousandths of the font size. */
export type Glyph = readonly [advance: number, outline: string];

/** Stands for every character that has no outline. */
export const missingGlyph = "\ufffd";

let glyphs: Readonly<Record<string, Glyph>> | undefined;

/** The outlines that labels are drawn with. They look the same on every machine, whatever fonts it has. */
export function labelGlyphs(): Readonly<Record<string, Glyph>> {
  glyphs ??= JSON.parse(
    readFileSync(new URL("../assets/labels/glyphs.json", import.meta.url), "utf8"),
  ) as Readonly<Record<string, Glyph>>;
  return glyphs;
}
