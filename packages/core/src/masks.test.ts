import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { StyleFeatures } from "./loss.js";
import { layerMasks, styleRegions } from "./masks.js";
import { isBlack, placedMask } from "./picture.js";
import { filling } from "./placement.js";
import { pictureOf } from "./stylize.fixture.js";

const values = (tensor: tf.Tensor | undefined) =>
  Array.from(tensor?.dataSync() ?? [], (value) => Number(value.toFixed(4)));

describe("a picture as a mask", () => {
  it("is its luma times its alpha", () => {
    const picture = pictureOf(3, 1, (x) =>
      x === 0 ? [255, 255, 255] : x === 1 ? [0, 255, 0] : [255, 255, 255, 51],
    );
    expect(values(placedMask(picture, filling([1, 3])))).toEqual([1, 0.587, 0.2]);
  });

  it("is cut off where its content is, and stays in [0, 1] where resampling overshoots", () => {
    const half = pictureOf(40, 2, (x) => (x < 20 ? [0, 0, 0] : [255, 255, 255]));
    const shown = { size: [2, 60], rows: { first: 0, count: 2 }, columns: { first: 20, count: 20 } } as const;
    const mask = placedMask(half, shown);
    expect(mask.shape).toEqual([1, 2, 20, 1]);
    const found = values(mask);
    expect([found[0], found[19], Math.min(...found), Math.max(...found)]).toEqual([0, 1, 0, 1]);
  });

  it("is black where no visible pixel of the shown part is brighter", () => {
    const dot = pictureOf(8, 8, (x, y) => (x === 6 && y === 1 ? [1, 0, 0] : [0, 0, 0]));
    const unseen = pictureOf(8, 8, () => [255, 255, 255, 0]);
    const part = (first: number) => ({ ...filling([16, 16]), columns: { first, count: 8 } });
    expect([isBlack(dot, filling([8, 8])), isBlack(dot, part(8)), isBlack(dot, part(0))]).toEqual([
      false,
      false,
      true,
    ]);
    expect(isBlack(unseen, filling([3, 3]))).toBe(true);
  });
});

describe("the masks of layers", () => {
  const network = { geometry: () => ({ stride: 2, reach: 0, channels: 1 }) };
  const mask = (rows: readonly (readonly number[])[]) =>
    tf.tensor4d(rows.flat(), [1, rows.length, rows[0]?.length ?? 0, 1]);
  const features = (height: number, width: number, [h, w]: readonly [number, number]) => ({
    image: tf.zeros<tf.Rank.R4>([1, height, width, 3]),
    deep: tf.zeros<tf.Rank.R4>([1, h, w, 5]),
  });

  it("are averaged over the pixels of each position, and divided by their mean", () => {
    const content = mask([
      [1, 1, 0, 0, 0.5],
      [1, 0, 0, 0, 0.5],
    ]);
    const of = { image: features(2, 5, [1, 2]), style: features(4, 4, [2, 2]) };
    const { contentMasks, styleMasks } = layerMasks(network, { content }, of);
    // The mean is 0.4; the last column has no position at the deep layer, where the means are 0.75 and 0.
    expect(values(contentMasks?.image)).toEqual([2.5, 2.5, 0, 0, 1.25, 2.5, 0, 0, 0, 1.25]);
    expect(values(contentMasks?.deep)).toEqual([2, 0]);
    expect(styleMasks).toBeUndefined();
  });

  it("have the last positions of a network that rounds up, which have half their pixels", () => {
    const style = mask([[1, 0, 0.25]]);
    const of = { image: features(1, 3, [1, 2]), style: features(1, 3, [1, 2]) };
    // 0.5 and 0.25, of mean 0.375.
    expect(values(layerMasks(network, { style }, of).styleMasks?.deep)).toEqual([1.3333, 0.6667]);
  });

  it("are 0 at a layer at which one of the two leaves nothing", () => {
    const lastColumn = mask([
      [0, 0, 1],
      [0, 0, 1],
    ]);
    const all = mask([
      [1, 1],
      [1, 1],
    ]);
    const of = { image: features(2, 3, [1, 1]), style: features(2, 2, [1, 1]) };
    const { contentMasks, styleMasks } = layerMasks(network, { content: lastColumn, style: all }, of);
    expect([values(contentMasks?.deep), values(styleMasks?.deep)]).toEqual([[0], [0]]);
    expect([values(contentMasks?.image), values(styleMasks?.image)]).toEqual([
      [0, 0, 3, 0, 0, 3],
      [1, 1, 1, 1],
    ]);
  });
});

describe("the regions of styles", () => {
  const style = (weight: number, masks: Partial<StyleFeatures> = {}): StyleFeatures => ({
    features: {},
    weight,
    ...masks,
  });

  it("are one of all styles where none has a content mask, as they are", () => {
    const styles = [style(0.1), style(0.2, { styleMasks: {} }), style(0.7)];
    const [region, ...others] = styleRegions(styles);
    expect(others).toEqual([]);
    expect(region?.weight).toBe(1);
    expect(region?.styles).toBe(styles);
  });

  it("are one of each style that has one, and one of all others", () => {
    const [sky, sea] = [{}, {}];
    const styles = [
      style(0.2),
      style(0.3, { contentMasks: sky }),
      style(0.2, { styleMasks: sea }),
      style(0.3, { contentMasks: sea }),
    ];
    expect(styleRegions(styles)).toEqual([
      { weight: 0.4, styles: [style(0.5), style(0.5, { styleMasks: sea })] },
      { weight: 0.3, contentMasks: sky, styles: [style(1, { contentMasks: sky })] },
      { weight: 0.3, contentMasks: sea, styles: [style(1, { contentMasks: sea })] },
    ]);
    expect(styleRegions(styles.slice(1, 2))).toHaveLength(1);
  });
});
