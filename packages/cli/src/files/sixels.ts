import type { Picture } from "@brushwork/core";

/** Most colours that a terminal keeps for sixels. */
export const mostSixelColors = 256;

/** The rows that one character has. */
const rowsOfBand = 6;

/**
 * A picture in sixels. Pixels that are more transparent than not are left out.
 *
 * @param picture of at most 256 colours, alpha aside
 * @see https://vt100.net/docs/vt3xx-gp/chapter14.html
 */
export function sixels({ width, height, data }: Picture): string {
  const palette = new Map<number, number>();
  const indices = Array.from({ length: width * height }, (_, i) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * i, 4 * i + 4);
    if (alpha < 128) return undefined;
    const colour = (red << 16) | (green << 8) | blue;
    const index = palette.get(colour) ?? palette.size;
    palette.set(colour, index);
    return index;
  });
  const percent = (level: number) => Math.round(((level & 255) / 255) * 100);
  const colours = [...palette].map(
    ([colour, index]) => `#${index};2;${[colour >> 16, colour >> 8, colour].map(percent).join(";")}`,
  );
  const bands: string[] = [];
  for (let top = 0; top < height; top += rowsOfBand) {
    /** The six bits of each column, by colour. */
    const bits = new Map<number, Uint8Array>();
    for (let row = top; row < Math.min(height, top + rowsOfBand); row++)
      for (let x = 0; x < width; x++) {
        const index = indices[row * width + x];
        if (index === undefined) continue;
        const columns = bits.get(index) ?? new Uint8Array(width);
        columns[x] = (columns[x] ?? 0) | (1 << (row - top));
        bits.set(index, columns);
      }
    bands.push([...bits].map(([index, columns]) => `#${index}${shortened(columns)}`).join("$"));
  }
  // Pixels that are not drawn stay as they are, and pixels are square.
  return `\u001bP0;1;0q"1;1;${width};${height}${colours.join("")}${bands.join("-")}\u001b\\`;
}

/** The characters of a row of sixels, where equal ones in sequence are counted. */
function shortened(columns: Uint8Array): string {
  const text = Array.from(columns, (bits) => String.fromCharCode(63 + bits)).join("");
  return text.replaceAll(/(.)\1{3,}/g, (run, character: string) => `!${run.length}${character}`);
}
