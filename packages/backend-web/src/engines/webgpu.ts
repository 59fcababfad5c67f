import { describeAdapter, findAdapter, isSoftware, startWebGPU } from "@brushwork/webgpu";
import type { EngineEntry, EngineOptions } from "./entry.js";

/** The GPU through WebGPU: by far the fastest. */
export const webgpu: EngineEntry = {
  name: "webgpu",
  async find(options) {
    const { info } = await adapter(options);
    return { device: describeAdapter(info), software: isSoftware(info) };
  },
  start: async (options) => startWebGPU(await adapter(options)),
};

function adapter(options: EngineOptions): Promise<GPUAdapter> {
  // The type does not know of browsers without, and of pages that are not secure.
  const gpu: GPU | undefined = navigator.gpu;
  if (gpu === undefined)
    throw new Error(
      "Expected this browser to offer WebGPU, but it does not. Update it, and open the page by https or on localhost.",
    );
  return findAdapter(gpu, options);
}
