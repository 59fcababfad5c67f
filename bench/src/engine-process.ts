// Measures one engine in its own process, since libraries load once. It takes a job as its argument and sends messages.

import { startEngine } from "@brushwork/backend-node";
import type { Engine, Network } from "@brushwork/core";
import { vgg19 } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { type ConvolutionRates, convolutionRates } from "./best-convolution.js";
import { watchBuffers } from "./buffer-watch.js";
import type { Job, Message } from "./job.js";
import { watchKernels } from "./kernel-watch.js";
import { measure } from "./measure.js";
import { plainSteps } from "./plain-step.js";
import { profileOf } from "./profile.js";
import type { MeasuredRow } from "./report.js";
import { isInSoftware } from "./software.js";
import { brushworkSteps, type Steps } from "./step.js";
import { stockKernels } from "./stock-kernels.js";
import { layers, randomWeights } from "./vgg19-shape.js";

/** The size at which the step is compared with the tape's, which would take minutes at larger ones. */
const comparedSize = 128;

const job = JSON.parse(process.argv[2] ?? "") as Job;
// Without the parent process, there is no one to measure for.
process.once("disconnect", () => process.exit());
const buffers = watchBuffers();
// Before the engine replaces them. Other engines only add kernels, which plain TensorFlow.js does not call.
const restoreStock = stockKernels("webgpu");
try {
  const engine = await startEngine(job.engine, { precision: job.precision });
  for (const row of await measureEngine(engine, job)) send({ row });
  await engine.stop();
} catch (error) {
  send({ trouble: error instanceof Error ? error.message : String(error) });
}
// The listener above ends the process, which a GPU's device would keep alive.
process.disconnect();

function send(message: Message): void {
  process.send?.(message);
}

async function measureEngine(engine: Engine, { sizes, precision, seconds }: Job): Promise<MeasuredRow[]> {
  const weights = randomWeights();
  const network = vgg19({ weights });
  const ofEngine = sizesFor(engine, sizes);
  const rates = new Map<number, ConvolutionRates>();
  for (const size of ofEngine) rates.set(size, await convolutionRates(engine, size));
  const best = Math.max(...[...rates.values()].map((rate) => rate.best));

  const rows: MeasuredRow[] = [];
  for (const size of ofEngine) {
    engine.trim();
    const { median, noise, allocated } = await timed(brushworkSteps(engine, network, size), seconds);
    const rate = (operationsOf(network, size) / median) * 1000;
    rows.push({
      engine: job.engine,
      device: engine.device,
      precision,
      network: network.name,
      size,
      msPerStep: median,
      noise,
      gflops: rate / 1e9,
      shareOfBestConvolution: rate / best,
      shareOfForward: rate / (rates.get(size)?.forward ?? Number.NaN),
      timesPlainGrad: null,
      peakBytes: allocated ?? Number.NaN,
    });
  }
  // From here on the kernels are TensorFlow.js's, so everything about the engine's own has to be measured before.
  restoreStock();
  const compared = rows.find(({ size }) => size === comparedSize);
  const timesPlainGrad =
    compared && (await timed(plainSteps(engine, weights, comparedSize), seconds)).median / compared.msPerStep;
  // On a GPU this is not needed, since its pool keeps a step's peak, nor possible, since kernels only queue their work.
  const watched = Number.isNaN(rows[0]?.peakBytes) ? await watchSteps(engine, network, ofEngine) : undefined;
  network.dispose();
  return rows.map((row) => ({
    ...row,
    ...(row === compared && timesPlainGrad !== undefined && { timesPlainGrad }),
    ...watched?.get(row.size),
  }));
}

async function timed(steps: Steps, seconds: number) {
  try {
    const { median, noise } = await measure(() => steps.next(), { warmUps: 3, least: 2, most: 25, seconds });
    const { numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU?: number };
    return { median, noise, allocated: numBytesAllocatedInGPU };
  } finally {
    await steps.stop();
  }
}

/** Memory and profile of one more step at each size, separate from the timing, which watching would disturb. */
async function watchSteps(engine: Engine, network: Network, sizes: readonly number[]) {
  const kernels = watchKernels();
  const watched = new Map<number, Pick<MeasuredRow, "peakBytes" | "profile">>();
  for (const size of sizes) {
    const steps = brushworkSteps(engine, network, size);
    await steps.next();
    kernels.reset();
    buffers.reset();
    const begin = performance.now();
    await steps.next();
    const total = performance.now() - begin;
    watched.set(size, { peakBytes: buffers.peakBytes(), profile: profileOf(kernels.milliseconds, total) });
    await steps.stop();
  }
  return watched;
}

/** The sizes to measure. On a GPU in software, those of a real one would take minutes. */
function sizesFor({ device }: Engine, sizes: Job["sizes"]): readonly number[] {
  return isInSoftware(device) ? sizes.software : sizes.hardware;
}

function operationsOf(network: Network, size: number): number {
  return network.cost?.([size, size], layers).operations ?? Number.NaN;
}
