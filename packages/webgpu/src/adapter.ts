/// <reference types="@webgpu/types" />

/**
 * Finds the machine's GPU.
 *
 * @param gpu `navigator.gpu` in a browser, `create([])` of the package webgpu in Node
 * @param options `software`: whether a GPU that is emulated on the CPU is allowed, which is slow, but useful for tests
 * @throws {Error} when there is none, or only one in software and that is not allowed
 */
export async function findAdapter(
  gpu: Pick<GPU, "requestAdapter">,
  { software = false }: { readonly software?: boolean } = {},
): Promise<GPUAdapter> {
  const found = await gpu.requestAdapter({ powerPreference: "high-performance" });
  const adapter = found ?? (software ? await gpu.requestAdapter({ forceFallbackAdapter: true }) : null);
  if (adapter === null)
    throw new Error(
      "Expected a GPU that WebGPU can use, found none. Update the graphics driver, or use another engine.",
    );
  if (!software && isSoftware(adapter.info))
    throw new Error(
      `Expected a real GPU for WebGPU, found only one in software (${describe(adapter.info)}), which is slow. ` +
        "Use another engine, or ask for webgpu by name.",
    );
  return adapter;
}

/** Whether a GPU is emulated on the CPU, as by SwiftShader and lavapipe. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter === true ||
    [info.architecture, info.device, info.description].some((text) =>
      /swiftshader|llvmpipe|lavapipe|basic render/i.test(text),
    )
  );
}

/** A GPU's readable name. Browsers reveal little of it; Dawn's description is the driver's. */
export function describe({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const named = /^0x/i.test(device) ? "" : device.replaceAll("-", " ").trim();
  return named || description || [vendor, architecture].filter((text) => text !== "").join(" ") || "a GPU";
}
