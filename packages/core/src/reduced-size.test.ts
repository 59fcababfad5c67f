import { describe, expect, it } from "vitest";
import { OptionError } from "./errors.js";
import { reducedSize } from "./reduced-size.js";

describe("the size to read a picture at", () => {
  const own = { width: 400, height: 300 };

  it("has the longer side that is given", () => {
    expect(reducedSize(own, 200)).toEqual({ width: 200, height: 150 });
    expect(reducedSize(own, ({ width }) => width / 4)).toEqual({ width: 100, height: 75 });
  });

  it("has at least one pixel on each side", () => {
    expect(reducedSize({ width: 400, height: 1 }, 100)).toEqual({ width: 100, height: 1 });
  });

  it("is the picture's own rather than a larger one", () => {
    expect(reducedSize(own, undefined)).toBeUndefined();
    expect(reducedSize(own, 400)).toBeUndefined();
    expect(reducedSize(own, 1000)).toBeUndefined();
  });

  it.each([0, 1.5, Number.NaN])("cannot have a longest side of %d", (longest) => {
    expect(() => reducedSize(own, longest)).toThrow(
      new OptionError(`Expected a longest side of at least 1 whole pixel, got ${longest}.`),
    );
  });
});
