import { describe, expect, it } from "vitest";
import { describe as describeAdapter, findAdapter, isSoftware } from "./adapter.js";

const plain = { vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false };

function info(facts: Partial<typeof plain>): GPUAdapterInfo {
  return { ...plain, ...facts } as unknown as GPUAdapterInfo;
}

/** A machine with two GPUs: the one it offers by default, and the one it offers when a software one is requested. */
function machine(normal?: GPUAdapterInfo, fallback?: GPUAdapterInfo): Pick<GPU, "requestAdapter"> {
  return {
    async requestAdapter({ forceFallbackAdapter = false } = {}) {
      const found = forceFallbackAdapter ? fallback : normal;
      return found === undefined ? null : ({ info: found } as GPUAdapter);
    },
  };
}

const real = info({ vendor: "nvidia", architecture: "ada", description: "NVIDIA GeForce RTX 4070" });
const lavapipe = info({ vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" });

describe("a GPU in software", () => {
  it("is recognised by its flag or by its name", () => {
    expect(isSoftware(real)).toBe(false);
    expect(isSoftware(lavapipe)).toBe(true);
    expect(isSoftware(info({ vendor: "google", architecture: "swiftshader" }))).toBe(true);
    expect(isSoftware(info({ description: "Microsoft Basic Render Driver" }))).toBe(true);
    expect(isSoftware(info({ vendor: "someone", isFallbackAdapter: true }))).toBe(true);
  });

  it("is used only where it is allowed", async () => {
    await expect(findAdapter(machine(lavapipe))).rejects.toThrow(
      "Expected a real GPU for WebGPU, found only one in software (llvmpipe (LLVM 15.0.6, 256 bits)), which is slow. " +
        "Use another engine, or ask for webgpu by name.",
    );
    expect((await findAdapter(machine(lavapipe), { software: true })).info).toBe(lavapipe);
    expect((await findAdapter(machine(undefined, lavapipe), { software: true })).info).toBe(lavapipe);
  });
});

describe("the adapter", () => {
  it("is the real GPU, where there is one", async () => {
    expect((await findAdapter(machine(real, lavapipe), { software: true })).info).toBe(real);
  });

  it("has a clear error where it is missing", async () => {
    await expect(findAdapter(machine(undefined, lavapipe))).rejects.toThrow(
      "Expected a GPU that WebGPU can use, found none. Update the graphics driver, or use another engine.",
    );
  });

  it("has a name, however little the browser reveals", () => {
    expect(describeAdapter(real)).toBe("NVIDIA GeForce RTX 4070");
    const dawn = { vendor: "nvidia", device: "nvidia-h200", description: "NVIDIA: 580.159.04 580.159.4.0" };
    expect(describeAdapter(info(dawn))).toBe("nvidia h200");
    expect(describeAdapter(info({ device: "0x2684", description: "NVIDIA GeForce RTX 4090" }))).toBe(
      "NVIDIA GeForce RTX 4090",
    );
    expect(describeAdapter(info({ vendor: "apple", architecture: "metal-3" }))).toBe("apple metal-3");
    expect(describeAdapter(info({ vendor: "intel" }))).toBe("intel");
    expect(describeAdapter(info({}))).toBe("a GPU");
  });
});
