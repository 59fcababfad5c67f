import { describe, expect, it } from "vitest";
import { UsageError } from "./failure.js";
import {
  above,
  colors,
  maskFile,
  memory,
  names,
  oneOf,
  positive,
  shares,
  size,
  weight,
  weightsByLayer,
  whole,
} from "./option-values.js";

describe("what is read", () => {
  it.each([
    [weight, "0", 0],
    [weight, "1e6", 1_000_000],
    [positive, "0.02", 0.02],
    [whole(0), "7", 7],
    [size, "512", 512],
    [size, "640x480", [640, 480]],
    [size, "640×480", [640, 480]],
    [oneOf(["average", "max"]), "max", "max"],
    [names, "relu1_1,relu2_1", ["relu1_1", "relu2_1"]],
    [colors, "luma", { keep: "luma", strength: 1 }],
    [colors, "match:0.7", { keep: "match", strength: 0.7 }],
    [colors, "luma:0", { keep: "luma", strength: 0 }],
    [colors, "none", "none"],
    [maskFile, "masks/sky.png", "masks/sky.png"],
    [maskFile, "none", "none"],
    [memory, "2GiB", 2 ** 31],
    [memory, "1.5 g", 1.5 * 2 ** 30],
    [memory, "800M", 800 * 2 ** 20],
    [shares, "0.7,0.3", [0.7, 0.3]],
    [shares, "1,0", [1, 0]],
    [weightsByLayer, "relu1_1=1,relu2_1=0.5", { relu1_1: 1, relu2_1: 0.5 }],
  ])("%# %s", (read, text, value) => {
    expect(read("--option", text)).toEqual(value);
  });
});

describe("what is refused", () => {
  it.each([
    [weight, ["-1", "NaN", "Infinity", "", "1,5", "0x"]],
    [positive, ["0", "-0.1", "much"]],
    [above(0, 1000), ["0", "1001", "1e6"]],
    [whole(1, 100), ["0", "101", "1.5", ""]],
    [size, ["0", "-5", "512.5", "640x", "x", "1x2x3", "large", "65537", "1e9", "512x1e9"]],
    [oneOf(["average", "max"]), ["", "maximum"]],
    [names, ["", "relu1_1,"]],
    [maskFile, ["", "-"]],
    [colors, ["", "chroma", "luma:", "luma:1.1", "luma:-0.1", "luma:x", "luma:0.5:1", "none:1"]],
    [memory, ["", "2", "GiB", "-2GiB", "1.2.3GiB", "2TiB", "63MiB", "1025GiB", "2 GiB more"]],
    [shares, ["0.7,", "0,0", "0", "0.7,-0.1", "a,b"]],
    [weightsByLayer, ["relu1_1", "=1", "relu1_1=-1", "relu1_1=1=2", "relu1_1=NaN"]],
  ])("%#", (read, texts) => {
    for (const text of texts) expect(() => read("--option", text), text).toThrow(UsageError);
  });

  it("with what there is", () => {
    expect(() => oneOf(["average", "max"])("--pooling", "median")).toThrow(
      'Expected --pooling to be one of average, max, got "median".',
    );
    expect(() => above(0, 1000)("--style-scale", "1e6")).toThrow(
      'Expected --style-scale to be a number above 0, at most 1000, got "1e6".',
    );
    expect(() => whole(1, 100)("--quality", "900")).toThrow(
      'Expected --quality to be a whole number from 1 to 100, got "900".',
    );
  });
});
