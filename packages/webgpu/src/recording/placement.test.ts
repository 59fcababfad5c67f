import { expect, it } from "vitest";
import { type Lifetime, placed } from "./placement.js";

const life = (bytes: number, first: number, last: number, exact = false): Lifetime => ({
  bytes,
  first,
  last,
  ...(exact && { exact }),
});

it("puts what comes one after another into one buffer, but not a command's inputs and output", () => {
  // 0 → 1 → 2 → 3: each is read by the command that makes the next.
  const chain = [life(8, 0, 1), life(8, 1, 2), life(8, 2, 3), life(8, 3, 4)];
  expect(placed(chain)).toEqual({ buffers: [8, 8], places: [0, 1, 0, 1] });
});

it("puts small tensors into the smallest large buffer that is free", () => {
  const { buffers, places } = placed([life(100, 0, 1), life(50, 0, 1), life(40, 2, 3), life(70, 2, 3)]);
  expect(buffers).toEqual([100, 50]);
  expect(places).toEqual([0, 1, 1, 0]);
});

it("gives what stays a buffer of exactly its size, which others use before", () => {
  const stays = life(40, 5, Number.POSITIVE_INFINITY, true);
  const other = life(48, 5, Number.POSITIVE_INFINITY, true);
  expect(placed([life(40, 0, 4), stays, life(44, 0, 4), other, life(12, 4, 6)])).toEqual({
    buffers: [48, 40, 12],
    places: [1, 1, 0, 0, 2],
  });
});

it("never has two tensors in one buffer at once, nor one in a buffer that is too small", () => {
  let state = 7;
  const below = (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const lifetimes = Array.from({ length: 300 }, () => {
    const first = below(200);
    return life(4 * (1 + below(64)), first, first + below(30), below(20) === 0);
  });
  const { buffers, places } = placed(lifetimes);
  for (const [i, a] of lifetimes.entries()) {
    const size = buffers[places[i] as number] as number;
    expect(a.exact ? size === a.bytes : size >= a.bytes).toBe(true);
    for (const [j, b] of lifetimes.entries())
      if (i < j && places[i] === places[j]) expect(a.last < b.first || b.last < a.first).toBe(true);
  }
});
