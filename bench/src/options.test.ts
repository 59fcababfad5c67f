import { describe, expect, it } from "vitest";
import { jobs } from "./jobs.js";
import { type BenchOptions, parseOptions } from "./options.js";

const jobsOf = (...words: string[]) => jobs(parseOptions(words) as BenchOptions);
const sizesOf = (...words: string[]) =>
  jobsOf(...words).map(({ engine, precision, sizes }) => `${engine} ${precision} ${sizes.hardware}`);

describe("the options", () => {
  it("measure every engine by default, native in both precisions", () => {
    expect(sizesOf()).toEqual([
      "cuda full 128,256,512",
      "webgpu full 128,256,512",
      "native full 128,256,512",
      "native fast 128,256,512",
      "wasm full 128,256",
    ]);
  });

  it("narrow it to engines, a precision or a size", () => {
    expect(sizesOf("--engine", "wasm", "--engine", "native", "--precision", "full")).toEqual([
      "wasm full 128,256",
      "native full 128,256,512",
    ]);
    expect(sizesOf("--precision", "fast", "--size", "128")).toEqual(["native fast 128"]);
  });

  it("add 1024 where an engine is fast enough", () => {
    expect(sizesOf("--large", "--engine", "native", "--engine", "wasm", "--precision", "full")).toEqual([
      "native full 128,256,512,1024",
      "wasm full 128,256",
    ]);
  });

  it("measure less on a GPU in software", () => {
    expect(jobsOf("--engine", "webgpu", "--large")[0]?.sizes.software).toEqual([128]);
  });

  it("ignore the dashes that pnpm passes on", () => {
    expect(sizesOf("--", "--engine", "wasm")).toEqual(["wasm full 128,256"]);
  });

  it("can ask for help", () => {
    expect(parseOptions(["--help"])).toBe("help");
  });

  it.each([
    [["--engine", "webgl"], 'Expected the engine to be one of cuda, webgpu, native, wasm, got "webgl".'],
    [["--precision", "half"], 'Expected the precision to be one of full, fast, got "half".'],
    [["--size", "12.5"], 'Expected the size to be a whole number from 16 to 2048, got "12.5".'],
    [["--size", "8"], 'Expected the size to be a whole number from 16 to 2048, got "8".'],
    [
      ["--engine", "wasm", "--precision", "fast"],
      "Expected the engine native for the precision fast, got wasm.",
    ],
    [["--fast"], "Expected options that --help lists, got this: Unknown option '--fast'."],
    [["fast"], "Expected options that --help lists, got this: Unexpected argument 'fast'."],
  ])("refuse %j in a sentence", (words, sentence) => {
    expect(() => parseOptions(words)).toThrow(new RangeError(sentence));
  });
});
