import { describe, expect, it } from "vitest";
import { measure } from "./measure.js";

describe("measure", () => {
  const calls = async (patience: Parameters<typeof measure>[1]) => {
    let count = 0;
    await measure(async () => {
      count++;
    }, patience);
    return count;
  };

  it("warms up, then repeats until it has enough", async () => {
    expect(await calls({ warmUps: 2, least: 1, most: 5, seconds: 60 })).toBe(7);
  });

  it("warms up once and measures once where one run takes all the time", async () => {
    expect(await calls({ warmUps: 4, least: 3, most: 5, seconds: -1 })).toBe(2);
  });

  it("repeats no more often than asked", async () => {
    expect(await calls({ warmUps: 0, least: 3, most: 3, seconds: 60 })).toBe(3);
  });
});
