import { describeAdapter, findAdapter, isSoftware, startWebGPU } from "@brushwork/webgpu";
import type { EngineEntry, EngineOptions } from "./entry.js";

/** The GPU through WebGPU, by far the fastest engine. */
export const webgpu: EngineEntry = {
  name: "webgpu",
  async find(options) {
    const { info } = await adapter(options);
    return { device: describeAdapter(info), software: isSoftware(info) };
  },
  start: async (options) => startWebGPU(await adapter(options)),
};

function adapter(options: EngineOptions): Promise<GPUAdapter> {
  // Undefined in older browsers and on insecure pages, unlike the type says.
  const gpu: GPU | undefined = navigator.gpu;
  if (gpu === undefined)
    throw new Error(
      "This browser offers no WebGPU to this page. Update it, and open the page over https or on localhost.",
    );
  return findAdapter(gpu, options);
}
