import { describe, expect, it } from "vitest";
import { spread } from "./statistics.js";

describe("spread", () => {
  it("takes the middle of an odd number of values, in any order", () => {
    expect(spread([9, 1, 5])).toMatchObject({ median: 5, least: 1 });
  });

  it("takes the mean of the two in the middle of an even number", () => {
    expect(spread([4, 1, 2, 3]).median).toBe(2.5);
  });

  it("counts the middle half's width, as a share of the median, as noise", () => {
    // Quartiles 2 and 4 around 3; a single slow value does not count as noise.
    expect(spread([1, 2, 3, 4, 1000]).noise).toBeCloseTo(2 / 3, 12);
    expect(spread([7, 7, 7]).noise).toBe(0);
  });

  it("refuses an empty list", () => {
    expect(() => spread([])).toThrow(new RangeError("Expected at least one measurement, got none."));
  });
});
