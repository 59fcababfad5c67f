import { expect, it } from "vitest";
import { thinnedList } from "./thinned-list.js";

it("keeps every entry until it is full, then every other, evenly spaced", () => {
  const list = thinnedList<number>(4);
  const entries = Array.from({ length: 9 }, (_, i) => {
    list.offer(() => i);
    return [...list.entries];
  });
  expect(entries).toEqual([[0], [0, 1], [0, 1, 2], [0, 2], [0, 2, 4], [0, 2, 4], [0, 4], [0, 4], [0, 4, 8]]);
});

it("makes only the entries that it adds", () => {
  const list = thinnedList<number>(2);
  const made: number[] = [];
  for (let i = 0; i < 9; i++)
    list.offer(() => {
      made.push(i);
      return i;
    });
  expect(made).toEqual([0, 1, 2, 4, 8]);
  expect(list.entries).toEqual([0]);
});
