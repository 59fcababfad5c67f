import { encodePicture, fewColors, resizedPicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import type { TerminalKind } from "../terminal-kinds.js";
import { mostSixelColors, sixels } from "./sixels.js";

/** What is known of a terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  /** Bits of a colour: 24 for any, 8 for a palette of 256, less for no pictures. */
  readonly colorDepth: number;
}

/** Most pixels across a cell: more than most terminals have, few enough to send over a network. */
const pixelsOfCell = { kitty: 20, iterm2: 20, sixel: 10 } as const;

/** Cells are about twice as high as wide. */
const cellShape = 2;

/** Rows that stay free below the picture, for what is printed after it. */
const freeRows = 2;

/** A picture as what is written to a terminal to show it: as large as it is, or as fits. */
export async function terminalPicture(
  picture: Picture,
  kind: TerminalKind,
  terminal: TerminalSize,
): Promise<string> {
  const { width, height } = picture;
  const most = Math.max(1, terminal.rows - freeRows);
  const fitting = Math.min(terminal.columns, Math.floor((most * cellShape * width) / height));
  if (kind === "blocks") {
    const columns = Math.max(1, Math.min(fitting, width));
    const rows = Math.max(1, Math.round((columns * height) / width / cellShape));
    return blocks(await resizedPicture(picture, columns, 2 * rows), terminal.colorDepth);
  }
  const columns = Math.max(1, Math.min(fitting, Math.ceil(width / (pixelsOfCell[kind] / 2))));
  const reduced = await atMost(picture, columns * pixelsOfCell[kind]);
  switch (kind) {
    case "kitty":
      return kitty(await encodePicture(reduced, "png"), columns);
    case "iterm2":
      return iterm2(await encodePicture(reduced, "png"), columns);
    case "sixel":
      return `${sixels(await fewColors(reduced, mostSixelColors))}\n`;
  }
}

async function atMost(picture: Picture, width: number): Promise<Picture> {
  if (picture.width <= width) return picture;
  return resizedPicture(picture, width, Math.max(1, Math.round((picture.height * width) / picture.width)));
}

/** Most characters of a part of a message. */
const longestPart = 4096;

/** @see https://sw.kovidgoyal.net/kitty/graphics-protocol/#remote-client */
function kitty(png: Uint8Array, columns: number): string {
  const text = Buffer.from(png).toString("base64");
  const parts = text.match(new RegExp(`.{1,${longestPart}}`, "g")) ?? [];
  const messages = parts.map((part, i) => {
    // Show a PNG at once, so many columns wide, and answer nothing.
    const head = i === 0 ? `a=T,f=100,q=2,c=${columns},` : "";
    return `\u001b_G${head}m=${i < parts.length - 1 ? 1 : 0};${part}\u001b\\`;
  });
  return `${messages.join("")}\n`;
}

/** @see https://iterm2.com/documentation-images.html */
function iterm2(png: Uint8Array, columns: number): string {
  const head = `inline=1;size=${png.length};width=${columns};preserveAspectRatio=1`;
  return `\u001b]1337;File=${head}:${Buffer.from(png).toString("base64")}\u0007\n`;
}

/** Two pixels a cell: the upper one in the colour of the character, the lower one behind it. */
function blocks({ width, height, data }: Picture, colorDepth: number): string {
  const colour = (x: number, y: number) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * (y * width + x));
    if (alpha < 128) return undefined;
    return colorDepth >= 24 ? `2;${red};${green};${blue}` : `5;${paletteIndex([red, green, blue])}`;
  };
  const lines = Array.from({ length: height / 2 }, (_, row) => {
    const cells = Array.from({ length: width }, (_, x) => {
      const [upper, lower] = [colour(x, 2 * row), colour(x, 2 * row + 1)];
      if (upper === undefined) return lower === undefined ? "\u001b[0m " : `\u001b[0;38;${lower}m▄`;
      return `\u001b[${lower === undefined ? "0" : `48;${lower}`};38;${upper}m▀`;
    });
    return `${cells.join("")}\u001b[0m\n`;
  });
  return lines.join("");
}

/** Levels of the cube of colours in a terminal's palette of 256. */
const levels: readonly number[] = [0, 95, 135, 175, 215, 255];

/** The nearest colour of the cube, or of the 24 greys behind it. */
function paletteIndex(colour: readonly [red: number, green: number, blue: number]): number {
  const nearest = (value: number) =>
    levels.reduce(
      (best, level, i) => (Math.abs(level - value) < Math.abs((levels[best] ?? 0) - value) ? i : best),
      0,
    );
  const cube = colour.map(nearest);
  const grey = Math.min(
    23,
    Math.max(0, Math.round((colour.reduce((sum, value) => sum + value) / 3 - 8) / 10)),
  );
  const distance = (other: (channel: number) => number) =>
    colour.reduce((sum, value, channel) => sum + (value - other(channel)) ** 2, 0);
  const isGrey = distance(() => 8 + 10 * grey) < distance((channel) => levels[cube[channel] ?? 0] ?? 0);
  const [red = 0, green = 0, blue = 0] = cube;
  return isGrey ? 232 + grey : 16 + 36 * red + 6 * green + blue;
}
