import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture, writePicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { kindOfTerminal, showPicture } from "./files/show-picture.js";
import { sixels } from "./files/sixels.js";
import { terminalPicture } from "./files/terminal-picture.js";

const terminal = { columns: 80, rows: 24, colorDepth: 24 };

const filled = (width: number, height: number, ...pixels: readonly (readonly number[])[]): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from(
    Array.from({ length: width * height }, (_, i) => pixels[i % pixels.length] ?? []).flat(),
  ),
});
const red = [255, 0, 0, 255];
const blue = [0, 0, 255, 255];
const clear = [0, 0, 0, 0];
const grey = [130, 128, 126, 255];

describe("a picture in half blocks", () => {
  it("has two pixels a cell", async () => {
    const text = await terminalPicture(filled(2, 2, red, blue), "blocks", terminal);
    expect(text).toBe("\u001b[48;2;255;0;0;38;2;255;0;0m▀\u001b[48;2;0;0;255;38;2;0;0;255m▀\u001b[0m\n");
  });

  it("leaves what is transparent to the terminal", async () => {
    const picture = { width: 1, height: 2, data: Uint8ClampedArray.from([...clear, ...red]) };
    expect(await terminalPicture(picture, "blocks", terminal)).toBe("\u001b[0;38;2;255;0;0m▄\u001b[0m\n");
    const upper = { width: 1, height: 2, data: Uint8ClampedArray.from([...red, ...clear]) };
    expect(await terminalPicture(upper, "blocks", terminal)).toBe("\u001b[0;38;2;255;0;0m▀\u001b[0m\n");
    expect(await terminalPicture(filled(1, 2, clear), "blocks", terminal)).toBe("\u001b[0m \u001b[0m\n");
  });

  it("takes the nearest of 256 colours where a terminal has no more", async () => {
    const few = { ...terminal, colorDepth: 8 };
    // 196 is pure red in the cube of colours; 244 is the grey of level 128.
    expect(await terminalPicture(filled(1, 2, red), "blocks", few)).toBe(
      "\u001b[48;5;196;38;5;196m▀\u001b[0m\n",
    );
    expect(await terminalPicture(filled(1, 2, grey), "blocks", few)).toContain("48;5;244;38;5;244m");
  });

  it("fits the terminal, above what is printed next", async () => {
    const rowsOf = async (picture: Picture) =>
      (await terminalPicture(picture, "blocks", terminal)).trimEnd().split("\n");
    const cells = (line: string | undefined) => (line?.match(/▀/g) ?? []).length;
    const wide = await rowsOf(filled(800, 200, red));
    expect([wide.length, cells(wide[0])]).toEqual([10, 80]);
    const high = await rowsOf(filled(200, 800, red));
    expect([high.length, cells(high[0])]).toEqual([22, 11]);
  });
});

/** What stands between each pair of marks, and nothing else. */
function between(text: string, start: string, end: string): readonly string[] {
  const parts = text.split(end);
  expect(parts.pop()).toBe("\n");
  return parts.map((part) => {
    expect(part.startsWith(start)).toBe(true);
    return part.slice(start.length);
  });
}

describe("a picture as a file", () => {
  // As wide as ten columns of it, and more than one part of a message.
  let state = 1;
  const noise: Picture = {
    width: 100,
    height: 60,
    data: Uint8ClampedArray.from({ length: 24_000 }, (_, i) => {
      state = (state * 48_271) % 0x7fffffff;
      return i % 4 === 3 ? 255 : (state >> 8) & 255;
    }),
  };

  it("goes to kitty in parts", async () => {
    const parts = between(await terminalPicture(noise, "kitty", terminal), "\u001b_G", "\u001b\\").map(
      (part) => part.split(";"),
    );
    expect(parts.length).toBeGreaterThan(2);
    expect(parts[0]?.[0]).toBe("a=T,f=100,q=2,c=10,m=1");
    expect(parts.slice(1).map(([head]) => head)).toEqual([...Array(parts.length - 2).fill("m=1"), "m=0"]);
    expect(parts.every(([, part = ""]) => part.length <= 4096)).toBe(true);
    const png = Buffer.from(parts.map(([, part]) => part).join(""), "base64");
    expect(await readPicture(png)).toEqual(noise);
  });

  it("goes to iTerm2 in one", async () => {
    const [part = ""] = between(
      await terminalPicture(noise, "iterm2", terminal),
      "\u001b]1337;File=",
      "\u0007",
    );
    const [head, content = ""] = part.split(":");
    const png = Buffer.from(content, "base64");
    expect(head).toBe(`inline=1;size=${png.length};width=10;preserveAspectRatio=1`);
    expect(await readPicture(png)).toEqual(noise);
  });

  it("is reduced to what a terminal shows", async () => {
    const text = await terminalPicture(filled(3000, 300, red), "iterm2", terminal);
    const { width, height } = await readPicture(Buffer.from(text.split(":")[1] ?? "", "base64"));
    expect([width, height]).toEqual([1600, 160]);
  });
});

it("a picture in sixels has its pixels, six rows a band", async () => {
  // "B" has the two upper rows; two such columns.
  expect(await terminalPicture(filled(2, 2, red), "sixel", terminal)).toBe(
    '\u001bP0;1;0q"1;1;2;2#0;2;100;0;0#0BB\u001b\\\n',
  );
  // Two columns of "~", all six rows, in blue and then red; then "@", the upper row; "?" has none.
  const picture = filled(2, 7, blue, red);
  expect(sixels(picture)).toBe('\u001bP0;1;0q"1;1;2;7#0;2;0;0;100#1;2;100;0;0#0~?$#1?~-#0@?$#1?@\u001b\\');
  expect(sixels(filled(9, 1, red))).toContain("#0!9@");
  expect(sixels(filled(2, 1, clear))).toBe('\u001bP0;1;0q"1;1;2;1\u001b\\');
});

it("a picture in sixels has at most 256 colours", async () => {
  const many = filled(40, 40, ...Array.from({ length: 1600 }, (_, i) => [i & 255, i >> 3, 90, 255]));
  const text = await terminalPicture(many, "sixel", terminal);
  const colours = text.match(/#\d+;2;/g) ?? [];
  expect(colours.length).toBeGreaterThan(100);
  expect(colours.length).toBeLessThanOrEqual(256);
});

it.each([
  [{ KITTY_WINDOW_ID: "1", TERM: "xterm-kitty" }, "kitty"],
  [{ TERM: "xterm-ghostty", TERM_PROGRAM: "ghostty" }, "kitty"],
  [{ TERM_PROGRAM: "iTerm.app", TERM: "xterm-256color" }, "iterm2"],
  [{ LC_TERMINAL: "iTerm2", TERM: "xterm-256color" }, "iterm2"],
  [{ TERM_PROGRAM: "WezTerm", TERM: "xterm-256color" }, "iterm2"],
  [{ TERM_PROGRAM: "vscode", TERM: "xterm-256color" }, "iterm2"],
  [{ TERM: "foot" }, "sixel"],
  [{ TERM: "mlterm" }, "sixel"],
  [{ KONSOLE_VERSION: "230800", TERM: "xterm-256color" }, "sixel"],
  [{ KONSOLE_VERSION: "210400", TERM: "xterm-256color" }, "blocks"],
  [{ WT_SESSION: "b0b", TERM: "xterm-256color" }, "sixel"],
  [{ KITTY_WINDOW_ID: "1", TMUX: "/tmp/tmux", TERM: "tmux-256color" }, "blocks"],
  [{ TERM: "xterm-256color" }, "blocks"],
  [{}, "blocks"],
])("a terminal with %j shows pictures by %s", (env, kind) => {
  expect(kindOfTerminal(env)).toBe(kind);
});

describe("--show", () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    file = join(folder, "red.png");
    await writePicture(file, filled(2, 2, red));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const terminalOf = (colorDepth: number, isTTY = true) => {
    const written: string[] = [];
    const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    const stdout = { isTTY, columns: 80, rows: 24, write, getColorDepth: () => colorDepth };
    return { stdout, env: { TERM: "xterm-256color" }, written };
  };

  it("writes to the terminal as it can, or as it is asked to", async () => {
    const blocks = terminalOf(24);
    expect(await showPicture(file, "auto", blocks)).toBeUndefined();
    expect(blocks.written.join("")).toContain("48;2;255;0;0;38;2;255;0;0m▀");
    const sixel = terminalOf(24);
    expect(await showPicture(file, "sixel", sixel)).toBeUndefined();
    expect(sixel.written.join("")).toContain("\u001bP0;1;0q");
  });

  it("says why there is nothing to see", async () => {
    expect(await showPicture(file, "auto", terminalOf(24, false))).toBe(
      "The picture is not shown: standard output is not a terminal.",
    );
    expect(await showPicture(file, "auto", terminalOf(1))).toContain("too few colours");
    expect(await showPicture(join(folder, "gone.png"), "auto", terminalOf(24))).toContain("gone.png");
  });

  const words = () => [
    ...[pictureOf("photo.png"), pictureOf("strokes.png")],
    ..."--network compact --engine wasm --threads 1 -s 32 --scales 1 -n 1".split(" "),
    ...shallow,
  ];

  it("leaves an output that is no terminal alone", async () => {
    const painted = await outcomeOf([...words(), "-o", join(folder, "out.png"), "--show", "--quiet"]);
    expect([painted.code, painted.stdout]).toEqual([0, ""]);
  });

  it.each([
    [["-o", "-", "--show"], "Expected a file for --show, got the standard output: name one with -o."],
    [["--json", "--show"], "Expected --show or --json, got both: leave one out."],
    [["--show", "neon"], 'Expected --show to be one of auto, kitty, iterm2, sixel, blocks, got "neon".'],
  ])("refuses %j", async (options, sentence) => {
    const { code, stderr, stdout } = await outcomeOf([...words(), ...options]);
    expect(code).toBe(2);
    expect(stderr + stdout).toContain(sentence);
  });
});
