import { ended } from "../files/process.mjs";
import { entryPoints } from "../install/optional-package.js";
import { Remediable } from "../remediable.js";
import { restoringLegacyUtil } from "./legacy-util.mjs";
import { type NvidiaGpu, nvidiaGpu } from "./nvidia.js";
import { tensorflow } from "./tensorflow.js";

const packageName = "@tensorflow/tfjs-node-gpu";
const trialMilliseconds = 120_000;
const otherwise = "or use the engine webgpu, which needs no more than the driver.";

/** As it was before TensorFlow was loaded, which takes its memory for itself. */
let gpu: NvidiaGpu | undefined;

/** TensorFlow on an NVIDIA GPU, through @tensorflow/tfjs-node-gpu. */
export const cuda = tensorflow({
  name: "cuda",
  packageName,
  options: ["threads"],
  async check() {
    gpu = await nvidiaGpu();
    const [path] = entryPoints(packageName);
    if (path === undefined)
      throw new Remediable(
        `Expected the package ${packageName} with its binding for the engine cuda, found none.`,
        { kind: "install engine", engine: "cuda", instead: "webgpu" },
      );
    await tryOut(path);
  },
  async hardware() {
    const { name, freeBytes } = gpu ?? (await nvidiaGpu());
    return { description: name, memoryBytes: freeBytes };
  },
});

const exitCodeWithoutGpu = 3;

const trial = `
  ${restoringLegacyUtil}
  const tf = require(process.argv[1]);
  if (!tf.backend().isUsingGpuDevice) process.exit(${exitCodeWithoutGpu});
  tf.conv2d(tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 4]), 1, "same").dataSync();
`;

/**
 * Computes a convolution in a process of its own: a TensorFlow that finds no GPU would go on, on the CPU, and could
 * not be unloaded for the engine native.
 *
 * @throws {Error} with what it lacks
 */
async function tryOut(path: string): Promise<void> {
  const { status, name, stderr } = await ended(process.execPath, ["--eval", trial, path], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "0" },
    timeout: trialMilliseconds,
  });
  if (status !== 0) throw new Error(explanation(stderr, status, name));
}

/**
 * One sentence for why TensorFlow does not compute on the GPU, and the remedy.
 *
 * @param told what it wrote to the standard error
 * @param code of its exit, null where a signal ended it
 */
export function explanation(told: string, code: number | null, signal: string | null): string {
  const library = /Could not load dynamic library '([^']+)'/.exec(told)?.[1];
  if (library !== undefined)
    return (
      `Expected the libraries of CUDA 11.2 and cuDNN 8.1 for the engine cuda, but ${library} could not be loaded. ` +
      `Install them, ${otherwise}`
    );
  if (code === exitCodeWithoutGpu)
    return (
      "TensorFlow found no GPU that it can use for the engine cuda. " +
      `Check the driver and CUDA_VISIBLE_DEVICES, ${otherwise}`
    );
  const reason = signal ?? /^\w*Error: (.+)$/m.exec(told)?.[1] ?? `exit code ${code}`;
  return (
    `TensorFlow did not compute on the GPU for the engine cuda (${reason}). ` +
    `Update the driver, ${otherwise}`
  );
}
