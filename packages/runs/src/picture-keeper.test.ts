import { expect, it } from "vitest";
import { pictureKeeper } from "./picture-keeper.js";

/** Offers steps of a tenth of a second, whose pictures take so long to read. @returns those that were read */
async function keptOf(steps: number, reading: (step: number) => number): Promise<readonly number[]> {
  let time = 0;
  const read: number[] = [];
  const keeper = pictureKeeper(() => time);
  for (let index = 1; index <= steps; index++) {
    time += 100;
    await keeper.offer(stepOf(index));
    expect(keeper.kept()?.step).toBe(read.at(-1));
  }
  return read;

  function stepOf(index: number) {
    const picture = async () => {
      time += reading(index);
      read.push(index);
      return { width: 1, height: 1, data: new Uint8ClampedArray(4) };
    };
    return { index, picture };
  }
}

it("keeps each step's picture where reading takes no time", async () => {
  expect(await keptOf(3, () => 0)).toEqual([1, 2, 3]);
});

it("keeps the first, and then one each time that fifty times a reading have passed", async () => {
  expect(await keptOf(25, () => 20)).toEqual([1, 11, 21]);
});

it("depends on how long the newest reading took", async () => {
  // The first reading warms the engine up.
  expect(await keptOf(30, (step) => (step === 1 ? 40 : 4))).toEqual([1, 21, 23, 25, 27, 29]);
});

it("keeps what was read when a later reading fails", async () => {
  const keeper = pictureKeeper(() => 0);
  const picture = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  const step = { index: 1, picture: async () => picture };
  await keeper.offer(step);
  const lost = new Error("The GPU was lost.");
  await expect(keeper.offer({ index: 2, picture: () => Promise.reject(lost) })).rejects.toBe(lost);
  expect(keeper.kept()).toEqual({ picture, step: 1 });
});
