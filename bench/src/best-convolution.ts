import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { measure } from "./measure.js";
import { type ConvolutionShape, convolutions, operationsOf } from "./vgg19-shape.js";

const patience = { warmUps: 1, least: 2, most: 7, seconds: 0.7 };
/** Duration of convolutions that are awaited together: waiting for a single one takes a GPU longer than computing it. */
const roundMilliseconds = 20;
const mostInRound = 50;

/** The rates of VGG-19's convolutions, each run by itself, in operations per second. */
export interface ConvolutionRates {
  /** The rate of the fastest one. */
  readonly best: number;
  /** The rate of all of them together, which a forward pass of nothing but convolutions would reach. */
  readonly forward: number;
}

/** Measures each distinct convolution of VGG-19 at one image size. */
export async function convolutionRates(engine: Engine, size: number): Promise<ConvolutionRates> {
  const measured = new Map<string, number>();
  let [best, operations, milliseconds] = [0, 0, 0];
  for (const shape of convolutions) {
    const key = `${shape.inputs} ${shape.outputs} ${shape.stride}`;
    const time = measured.get(key) ?? (await millisecondsOf(engine, shape, size));
    measured.set(key, time);
    best = Math.max(best, operationsOf(shape, size) / time);
    operations += operationsOf(shape, size);
    milliseconds += time;
  }
  return { best: best * 1000, forward: (operations / milliseconds) * 1000 };
}

async function millisecondsOf(
  engine: Engine,
  { inputs, outputs, stride }: ConvolutionShape,
  size: number,
): Promise<number> {
  const side = Math.floor(size / stride);
  const x = tf.randomUniform<tf.Rank.R4>([1, side, side, inputs], -1, 1, "float32", 1);
  const filter = tf.randomUniform<tf.Rank.R4>([3, 3, inputs, outputs], -1, 1, "float32", 2);
  const round = async (count: number) => {
    for (let i = 0; i < count; i++) tf.conv2d(x, filter, 1, "same").dispose();
    await engine.settle();
  };
  const single = (await measure(() => round(1), patience)).median;
  const count = Math.min(mostInRound, Math.floor(roundMilliseconds / single));
  const median = count > 1 ? (await measure(() => round(count), patience)).median / count : single;
  tf.dispose([x, filter]);
  return median;
}
