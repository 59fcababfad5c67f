import type { Engine } from "@brushwork/core";
import type { Remedy } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import { lackOf } from "../remediable.js";
import type { EngineOptions } from "./engine-entry.js";
import type { EngineName } from "./engine-names.js";
import { startEngine, startFirst } from "./engines.js";

/** Whether an engine can run here. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Why it is not available, or why "auto" passes over it although it is. */
  readonly reason?: string;
  /** What the user can do about it, if that is known as data. */
  readonly remedy?: Remedy;
  /** What it runs on, for people. */
  readonly device?: string;
  /** Billions of floating-point operations a second in a convolution such as VGG-19's; where it was measured. */
  readonly gflops?: number;
}

/**
 * Starts an engine to see whether it can run here, and how fast it is.
 *
 * A native library stays loaded, with what was chosen for it, and one that is broken can end the process: call it in
 * a process of its own.
 *
 * @param options `seconds` to measure for, beside a first round to warm up; absent: nothing is measured
 */
export async function engineReport(
  name: EngineName,
  { seconds, ...options }: EngineOptions & { readonly seconds?: number } = {},
): Promise<EngineReport> {
  let lack: Pick<EngineReport, "reason" | "remedy"> = {};
  let engine: Engine;
  try {
    engine = await startFirst([name], false, options).catch((error) => {
      lack = lackOf(error);
      return startEngine(name, options);
    });
  } catch (error) {
    return { name, available: false, ...lackOf(error) };
  }
  try {
    const gflops = seconds === undefined ? undefined : await measuredRate(engine, seconds);
    return {
      name,
      available: true,
      device: engine.device,
      ...lack,
      ...(gflops !== undefined && { gflops }),
    };
  } catch (error) {
    return { name, available: false, ...lackOf(error) };
  } finally {
    await engine.stop();
  }
}

/** Sides of square images: from one that takes a moment on the slowest engine to one of VGG-19's. */
const sides = [16, 32, 64, 128];
const channels = 128;
/** Length of a round: so long that starting the work and waiting for its end hardly count. */
const longMilliseconds = 100;

/** In the best of some rounds: what else the machine does only slows. */
async function measuredRate(engine: Engine, seconds: number): Promise<number> {
  const filter = tf.fill<tf.Rank.R4>([3, 3, channels, channels], 1 / channels);
  try {
    let side = 0;
    for (side of sides) {
      // The first of a size compiles shaders and packs filters.
      await round(engine, filter, side, 1);
      if ((await round(engine, filter, side, 1)) > longMilliseconds) break;
    }
    const gigaflop = (2 * 3 * 3 * channels * channels * side * side) / 1e9;
    const end = performance.now() + 1000 * seconds;
    let best = 0;
    for (let count = 1; best === 0 || performance.now() < end; ) {
      const milliseconds = await round(engine, filter, side, count);
      best = Math.max(best, (1000 * count * gigaflop) / milliseconds);
      if (milliseconds < longMilliseconds) count *= 2;
    }
    return best;
  } finally {
    filter.dispose();
  }
}

/** Milliseconds for some convolutions of an image. */
async function round(engine: Engine, filter: tf.Tensor4D, side: number, count: number): Promise<number> {
  const image = tf.ones<tf.Rank.R4>([1, side, side, channels]);
  const beganAt = performance.now();
  for (let i = 0; i < count; i++) tf.conv2d(image, filter, 1, "same").dispose();
  await engine.settle();
  const milliseconds = performance.now() - beganAt;
  image.dispose();
  return milliseconds;
}
