import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { webgpu } from "./webgpu.js";
import { webgpuTrial } from "./webgpu-trial.js";

/** In place of the real package, whose GPU machines have or have not. */
const { create, entryPoints } = vi.hoisted(() => ({ create: vi.fn(), entryPoints: vi.fn() }));
vi.mock("../install/optional-package.js", () => ({ entryPoints, importOptional: async () => ({ create }) }));

const swiftshader = {
  vendor: "google",
  architecture: "swiftshader",
  device: "",
  description: "SwiftShader driver 5.0.0",
  isFallbackAdapter: true,
};

describe("a trial of the package webgpu", () => {
  let folder: string;
  let written: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    written = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += text;
      return true;
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    create.mockReset();
    await rm(folder, { recursive: true });
  });

  /** A package of this code, as the one that is installed. @returns its path */
  async function install(code: string, name = "index.mjs"): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, code);
    entryPoints.mockReturnValue([path]);
    return path;
  }
  const answering = (adapter: string, before = "") =>
    `${before}\nexport const create = (words) => ({ requestAdapter: async (asked) => ${adapter} });`;
  const withLoader = { hasLoader: true };

  it("finds a GPU", async () => {
    const path = await install(answering(`({ info: ${JSON.stringify(swiftshader)} })`));
    expect(await webgpuTrial([path], [])).toEqual({ found: swiftshader, ...withLoader });
  });

  it("asks for the fast one, with the words for Dawn, and then for one in software", async () => {
    const path = await install(
      answering("asked.forceFallbackAdapter ? { info: { description: words.join() } } : null"),
    );
    expect(await webgpuTrial([path], ["a", "b"])).toEqual({ found: { description: "a,b" }, ...withLoader });
  });

  it("finds none", async () => {
    expect(await webgpuTrial([await install(answering("null"))], [])).toEqual(withLoader);
  });

  it("takes the first package that loads", async () => {
    const broken = await install('throw new Error("There is no such library.");', "broken.mjs");
    const whole = await install(answering("null"));
    expect(await webgpuTrial([broken, whole], [])).toEqual(withLoader);
    expect(await webgpuTrial([broken], [])).toEqual({ trouble: "There is no such library.", ...withLoader });
  });

  describe("before the engine loads", () => {
    it("reports a driver that ends its process", async () => {
      await install(answering("process.abort()"));
      await expect(webgpu.load({ byName: true })).rejects.toThrow(
        "Expected Dawn to look for a GPU for the engine webgpu, but in a process of its own it failed " +
          "(it was ended by SIGABRT). Update the graphics driver, or use another engine.",
      );
    });

    it("reports a Vulkan loader that is missing, and nothing else", async () => {
      // As Dawn writes it where there is no libvulkan.so.1.
      const warning =
        "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory";
      await install(answering("null", `console.error(${JSON.stringify(warning)});`));
      await expect(webgpu.load({ byName: true })).rejects.toThrow(
        "Expected the Vulkan loader for the engine webgpu, found none. Install it: libvulkan1 on Debian and Ubuntu, " +
          "vulkan-loader on Fedora, vulkan-icd-loader on Arch; or use another engine.",
      );
      expect(written).toBe("");
    });

    it("leaves Dawn alone where there is no GPU, or under auto only one in software", async () => {
      await install(answering("null", 'console.error("Warning: Found no drivers!");'));
      await expect(webgpu.load({ byName: true })).rejects.toThrow(
        "Expected a GPU that WebGPU can use, found none.",
      );
      await install(answering(`({ info: ${JSON.stringify(swiftshader)} })`));
      await expect(webgpu.load({ byName: false })).rejects.toThrow(
        "Expected a real GPU for WebGPU, found only one in software (SwiftShader driver 5.0.0), which is slow.",
      );
      expect(create).not.toHaveBeenCalled();
      expect(written).toBe("");
    });

    it("lets nothing of Vulkan write while Dawn looks for the GPU, and leaves the environment as it was", async () => {
      const real = { description: "A real one" };
      await install(answering(`({ info: ${JSON.stringify(real)} })`));
      vi.stubEnv("XDG_RUNTIME_DIR", undefined);
      vi.stubEnv("VK_LOADER_DRIVERS_DISABLE", "*mine*");
      const seen: (string | undefined)[] = [];
      create.mockReturnValue({
        async requestAdapter() {
          seen.push(process.env.XDG_RUNTIME_DIR, process.env.VK_LOADER_DRIVERS_DISABLE);
          return { info: real };
        },
      });
      await webgpu.load({ byName: false });
      expect(seen).toEqual(["/nonexistent", "*mine*"]);
      expect(process.env.XDG_RUNTIME_DIR).toBeUndefined();
      expect(process.env.VK_LOADER_DRIVERS_DISABLE).toBe("*mine*");
      vi.unstubAllEnvs();
    });
  });
});
