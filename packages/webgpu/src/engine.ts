/// <reference types="@webgpu/types" />
import { DeviceLost, deviceWatch, type Engine } from "@brushwork/core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, isSoftware } from "./adapter.js";
import { registerAddN } from "./kernels/add-n.js";
import { registerDirectConvolution } from "./kernels/direct-convolution.js";
import { registerDirectMatMul } from "./kernels/direct-matmul.js";
import { registerGram } from "./kernels/gram.js";
import { registerReluGrad } from "./kernels/relu-grad.js";
import { registerWinograd } from "./kernels/winograd.js";
import { reuseAtOnce, trimPool } from "./memory/buffer-pool.js";
import { uploadThroughQueue } from "./memory/upload.js";
import { internalsOf } from "./recording/backend-internals.js";
import { recorder } from "./recording/recorder.js";

const backendName = "webgpu";

/** Assumed memory, in units of the largest allowed buffer: WebGPU does not report it. */
const largestTensors = 8;

/** With fewer channels than this, TensorFlow.js's convolution leaves most of a tile empty. */
const fewChannels = 32;

/** The limits that TensorFlow.js's kernels need to be higher than WebGPU's defaults. */
const limits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/**
 * Starts the engine on a GPU, with its own device and the highest limits that the adapter allows. `navigator.gpu` must
 * exist.
 *
 * Any error on the GPU, after which TensorFlow.js would return zeros, counts as the loss of the device.
 *
 * @param options `memoryBytes`: an upper bound of the memory to use, where something is known about it
 * @throws {Error} when the GPU does not provide a device
 */
export async function startWebGPU(
  adapter: GPUAdapter,
  { memoryBytes = Number.POSITIVE_INFINITY }: { readonly memoryBytes?: number } = {},
): Promise<Engine> {
  const name = describe(adapter.info);
  const device = await requestDevice(adapter, name);
  const watch = deviceWatch();
  device.lost.then(({ message }) => {
    watch.fail(
      new DeviceLost(
        `The GPU (${name}) was lost${message && `: ${firstLine(message)}`}. ` +
          "Try again with a smaller size, or use another engine.",
        "webgpu",
      ),
    );
  });
  device.addEventListener("uncapturederror", (event) => {
    // Otherwise browsers and Dawn also write it to the console.
    event.preventDefault();
    watch.fail(
      new DeviceLost(
        `The GPU (${name}) failed: ${firstLine(event.error.message)}. Try a smaller size or another engine.`,
        "webgpu",
        { cause: event.error },
      ),
    );
  });

  // The import has registered a factory that would request its own device.
  if (tf.findBackendFactory(backendName) !== null) tf.removeBackend(backendName);
  registerReluGrad(backendName);
  const software = isSoftware(adapter.info);
  const undo = [
    registerAddN(backendName),
    ...(software
      ? [registerDirectConvolution(backendName), registerDirectMatMul(backendName)]
      : [
          registerDirectConvolution(backendName, fewChannels),
          registerWinograd(backendName),
          registerGram(backendName),
        ]),
  ];
  // In reverse order, since one kernel of ours may have replaced another.
  const giveKernelsBack = () => {
    for (const one of undo.toReversed()) one();
  };
  const backend = new WebGPUBackend(device, adapter.info);
  reuseAtOnce(backend);
  uploadThroughQueue(backend, () => submit(backend));
  tf.registerBackend(backendName, () => backend);
  if (!(await tf.setBackend(backendName))) {
    giveKernelsBack();
    throw new Error('TensorFlow.js\'s backend "webgpu" did not start. Use another engine.');
  }

  const largestTensorBytes = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  return {
    name: "webgpu",
    device: software ? `${name} (in software)` : name,
    largestTensorBytes,
    // Measured with VGG-19: what the pool of buffers holds.
    overhead: 1.4,
    memoryBytes: Math.min(memoryBytes, largestTensors * largestTensorBytes),
    lost: watch.lost,
    recorder: () => recorder(backend, () => submit(backend)),
    settle() {
      submit(backend);
      // The loss of the device explains a rejection better.
      return watch.done(device.queue.onSubmittedWorkDone().catch(() => {}));
    },
    trim() {
      // Freed tensors enter the pool only once the work on them has been submitted.
      submit(backend);
      trimPool(backend);
    },
    async stop() {
      watch.end();
      giveKernelsBack();
      tf.removeBackend(backendName);
      device.destroy();
      await device.lost;
    },
  };
}

async function requestDevice(adapter: GPUAdapter, name: string): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw new Error(
      `The GPU (${name}) did not provide a device: ${reason}. ` +
        "Close other programs that use the GPU, or use another engine.",
      { cause },
    );
  }
}

/** Submits the commands that wait, if any do. */
function submit(backend: WebGPUBackend): void {
  if (internalsOf(backend).commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

function firstLine(message: string): string {
  return message.trim().split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
}
