import type { Picture } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { followed, shareOf, warped } from "./follow.js";
import { type Flow, opticalFlow } from "./optical-flow.js";
import { visible } from "./visible.js";

/** A texture that is known between pixels too: waves of several lengths and directions. */
function texture(x: number, y: number, phase = 0): number {
  const waves = [
    [0.31, 0.17, 1],
    [-0.23, 0.41, 2],
    [0.13, -0.29, 3],
    [0.52, 0.38, 4],
  ] as const;
  return waves.reduce((sum, [a, b, c]) => sum + 26 * Math.sin(a * x + b * y + c + phase), 128);
}

type Place = (x: number, y: number) => readonly [x: number, y: number];

/** The texture, each pixel of which comes from another place. */
function pictureOf(width: number, height: number, from: Place = (x, y) => [x, y], phase = 0): Picture {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) data.fill(texture(...from(x, y), phase), 4 * i, 4 * i + 3);
  return { width, height, data };
}

/** The mean distance in pixels between a flow and the true one, where that stays within the picture. */
function endpointError({ width, height, right, down }: Flow, truth: Place): number {
  let [sum, count] = [0, 0];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [column, row] = truth(x, y);
      if (column < 0 || row < 0 || column > width - 1 || row > height - 1) continue;
      sum += Math.hypot(x + (right[i] ?? 0) - column, y + (down[i] ?? 0) - row);
      count++;
    }
  return sum / count;
}

const turned =
  (degrees: number, factor = 1): Place =>
  (x, y) => {
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const [dx, dy] = [x - 32, y - 24];
    return [32 + factor * (c * dx - s * dy), 24 + factor * (s * dx + c * dy)];
  };

describe("opticalFlow", () => {
  it.each<[string, Place, Place, number]>([
    ["nothing", (x, y) => [x, y], (x, y) => [x, y], 0.01],
    ["a fraction of a pixel", (x, y) => [x - 0.4, y + 0.3], (x, y) => [x + 0.4, y - 0.3], 0.05],
    ["several pixels", (x, y) => [x + 6.5, y - 3.25], (x, y) => [x - 6.5, y + 3.25], 0.1],
    ["a rotation by 4°", turned(-4), turned(4), 0.1],
    ["an enlargement by 6 %", turned(0, 1 / 1.06), turned(0, 1.06), 0.1],
  ])("finds %s", (_, from, truth, bound) => {
    const flow = opticalFlow(pictureOf(64, 48), pictureOf(64, 48, from));
    expect(endpointError(flow, truth)).toBeLessThan(bound);
  });

  it("does not mind a change of brightness", () => {
    const moved = pictureOf(64, 48, (x, y) => [x - 2, y]);
    const brighter = { ...moved, data: moved.data.map((level, i) => (i % 4 === 3 ? level : level + 12)) };
    expect(endpointError(opticalFlow(pictureOf(64, 48), brighter), (x, y) => [x + 2, y])).toBeLessThan(0.2);
  });

  it("refuses pictures of two sizes", () => {
    expect(() => opticalFlow(pictureOf(16, 16), pictureOf(16, 17))).toThrow("got 16×16 and 16×17");
  });
});

/** A square of another texture over the usual one, which stands still. */
function squareAt(left: number): Picture {
  const [ground, square] = [pictureOf(64, 48), pictureOf(64, 48, (x, y) => [1.3 * (x - left), 1.3 * y], 9)];
  for (let y = 12; y < 36; y++)
    for (let x = left; x < left + 24; x++)
      ground.data.set(square.data.subarray(4 * (y * 64 + x), 4 * (y * 64 + x) + 4), 4 * (y * 64 + x));
  return ground;
}

describe("visible", () => {
  const [before, after] = [squareAt(12), squareAt(16)];
  const seen = visible(opticalFlow(after, before), opticalFlow(before, after));
  const share = (left: number, width: number, top: number, height: number) => {
    let sum = 0;
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) sum += seen[y * 64 + x] ?? 0;
    return sum / (width * height);
  };

  it("is 0 where the square has uncovered the ground", () => {
    expect(share(12, 4, 16, 16)).toBeLessThan(0.1);
  });

  it("is 1 on the square and far from it", () => {
    expect(share(20, 16, 18, 12)).toBeGreaterThan(0.95);
    expect(share(44, 16, 4, 40)).toBeGreaterThan(0.95);
  });

  it("is 0 where the flow leads out of the picture", () => {
    const flow = (by: number) => ({
      width: 4,
      height: 1,
      right: new Float32Array(4).fill(by),
      down: new Float32Array(4),
    });
    expect([...visible(flow(-2), flow(2))]).toEqual([0, 0, 1, 1]);
    expect([...visible(flow(0), flow(2))]).toEqual([0, 0, 0, 0]);
  });
});

describe("followed", () => {
  it("moves a painting along, and takes what was hidden from further back", () => {
    const painted = (content: Picture, red: number): Picture => ({
      ...content,
      data: content.data.map((level, i) => (i % 4 === 0 ? red : level)),
    });
    const [hidden, uncovered] = [squareAt(12), squareAt(16)];
    const earlier = [
      { content: hidden, painted: painted(hidden, 100) },
      { content: squareAt(20), painted: painted(squareAt(20), 200) },
    ];
    const { picture, mask } = followed(uncovered, earlier);
    const redAt = (x: number, y: number) => picture.data[4 * (y * 64 + x)];
    // Ground that the frame before hides; ground that it shows.
    expect([mask[24 * 64 + 14], redAt(14, 24)]).toEqual([1, 200]);
    expect([mask[8 * 64 + 56], redAt(56, 8)]).toEqual([1, 100]);
    expect(shareOf(mask)).toBeGreaterThan(shareOf(followed(uncovered, earlier.slice(0, 1)).mask));
  });
});

it("warped shows each pixel from where the flow leads, and the border beyond it", () => {
  const row = (...levels: readonly number[]): Picture => ({
    width: levels.length,
    height: 1,
    data: Uint8ClampedArray.from(levels.flatMap((level) => [level, level, level, 255])),
  });
  const reds = ({ data }: Picture) => [...data].filter((_, i) => i % 4 === 0);
  const along = (...right: readonly number[]) => ({
    width: right.length,
    height: 1,
    right: Float32Array.from(right),
    down: new Float32Array(right.length),
  });
  expect(reds(warped(row(10, 20, 30, 40), along(1, 1, 1, 1)))).toEqual([20, 30, 40, 40]);
  expect(reds(warped(row(10, 20, 30, 40), along(0, 0.5, -2, 0)))).toEqual([10, 25, 10, 40]);
});
