import type { EngineName } from "@brushwork/backend-node";
import type { Job } from "./job.js";
import type { BenchOptions } from "./options.js";

/** Sizes by engine: every engine is compared with plain `tf.grad` at 128; the others are those it is used for. */
const sizesOf: Readonly<Record<EngineName, Job["sizes"]>> = {
  cuda: { hardware: [128, 256, 512], software: [128] },
  webgpu: { hardware: [128, 256, 512], software: [128] },
  native: { hardware: [128, 256, 512], software: [128, 256, 512] },
  wasm: { hardware: [128, 256], software: [128, 256] },
};

/** The additional size of `--large`, and the engines that measure it. */
const large = { engines: ["native", "cuda", "webgpu"], size: 1024 };

const secondsPerStep = 6;

/** The jobs that the options ask for, one for each engine and precision. */
export function jobs({ engines, precisions, size, large: asked }: BenchOptions): readonly Job[] {
  return engines.flatMap((engine) => {
    const { hardware, software } = sizesOf[engine];
    const sizes =
      size === undefined
        ? {
            hardware: asked && large.engines.includes(engine) ? [...hardware, large.size] : hardware,
            software,
          }
        : { hardware: [size], software: [size] };
    // Only TensorFlow on a CPU has a faster precision.
    const possible = precisions.filter((precision) => precision === "full" || engine === "native");
    return possible.map((precision) => ({ engine, precision, sizes, seconds: secondsPerStep }));
  });
}
