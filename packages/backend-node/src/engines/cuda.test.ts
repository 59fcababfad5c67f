import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cuda, explanation } from "./cuda.js";
import { native } from "./native.js";

/** The real thing needs a GPU; here programs and packages stand in for it. */
describe.skipIf(process.platform === "win32")("the engine cuda", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    vi.stubEnv("PATH", folder);
    vi.stubEnv("BRUSHWORK_ENGINES", join(folder, "engines"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  const load = () => cuda.load({ byName: true });

  async function addDriver(table: string): Promise<void> {
    const program = join(folder, "nvidia-smi");
    await writeFile(program, `#!/bin/sh\necho '${table}'\n`);
    await chmod(program, 0o755);
    vi.stubEnv("PATH", [folder, "/bin", "/usr/bin"].join(delimiter));
  }

  async function addPackage(code: string): Promise<void> {
    const path = join(folder, "engines", "cuda", "node_modules", "@tensorflow", "tfjs-node-gpu");
    await mkdir(join(path, "lib", "napi-v8"), { recursive: true });
    await writeFile(join(path, "package.json"), '{"name": "@tensorflow/tfjs-node-gpu", "main": "index.js"}');
    await writeFile(join(path, "index.js"), code);
    await writeFile(join(path, "lib", "napi-v8", "tfjs_binding.node"), "");
  }

  const noGpu =
    "Expected an NVIDIA GPU with its driver for the engine cuda, found none. " +
    "Use another engine, or where there is such a GPU, install its driver.";

  it("misses the driver", async () => {
    await expect(load()).rejects.toThrow(noGpu);
  });

  it("misses a GPU that the driver can use", async () => {
    await addDriver("");
    await expect(load()).rejects.toThrow(noGpu);
  });

  it("misses the package, or its binding", async () => {
    await addDriver("NVIDIA A10, 22731");
    await expect(load()).rejects.toMatchObject({
      message:
        "Expected the package @tensorflow/tfjs-node-gpu with its binding for the engine cuda, found none. " +
        'Install it with `installEngine("cuda")`, or use the engine webgpu, which needs no more than the driver.',
      remedy: { kind: "install engine", engine: "cuda", instead: "webgpu" },
    });
  });

  it("refuses a TensorFlow that would go on without the GPU", async () => {
    await addDriver("NVIDIA A10, 22731");
    await addPackage("exports.backend = () => ({ isUsingGpuDevice: false });");
    await expect(load()).rejects.toThrow("TensorFlow found no GPU that it can use for the engine cuda");
  });

  it("names the library that is missing", async () => {
    await addDriver("NVIDIA A10, 22731");
    await addPackage(`
      console.error("W dso_loader.cc:64] Could not load dynamic library 'libcudnn.so.8'; dlerror: …");
      exports.backend = () => ({ isUsingGpuDevice: false });`);
    await expect(load()).rejects.toThrow(
      "Expected the libraries of CUDA 11.2 and cuDNN 8.1 for the engine cuda, but libcudnn.so.8 could not be loaded.",
    );
  });

  it("survives a TensorFlow that ends its process", async () => {
    await addDriver("NVIDIA A10, 22731");
    await addPackage("process.abort();");
    await expect(load()).rejects.toThrow(
      "TensorFlow did not compute on the GPU for the engine cuda (SIGABRT)",
    );
  });

  it("goes on where the trial succeeds", async () => {
    await addDriver("NVIDIA A10, 22731");
    await addPackage(`
      if (!process.execArgv.includes("--eval")) throw new Error("There is no such library here.");
      exports.backend = () => ({ isUsingGpuDevice: true });
      exports.ones = () => {};
      exports.conv2d = () => ({ dataSync() {} });`);
    await expect(load()).rejects.toThrow(
      "The package @tensorflow/tfjs-node-gpu did not load for the engine cuda (There is no such library here.)",
    );
  });

  it("has the memory that was free before TensorFlow took it, and the process for itself", async () => {
    await addDriver("NVIDIA A10, 22731");
    await addPackage(`
      exports.backend = () => ({ isUsingGpuDevice: true });
      exports.ones = () => {};
      exports.conv2d = () => ({ dataSync() {} });
      globalThis._tfengine?.registerBackend("tensorflow", () => ({
        binding: { TF_Version: "2.9.1" },
        setDataMover() {},
        dispose() {},
      }));`);
    await load();
    await addDriver("NVIDIA A10, 10");
    const engine = await cuda.start({});
    try {
      expect(engine).toMatchObject({
        device: "TensorFlow 2.9.1 (NVIDIA A10)",
        memoryBytes: 22731 * 2 ** 20,
      });
      await expect(native.load({ byName: false })).rejects.toMatchObject({
        fact: "Expected no other build of TensorFlow in this process, got that of the engine cuda.",
        remedy: { kind: "start anew", engine: "native" },
      });
    } finally {
      await engine.stop();
    }
  });
});

it("says what TensorFlow has thrown", () => {
  const told = `node:internal\n\nError: Invoking Conv2D op failed: no kernel image is available.\n    at NodeJS…`;
  expect(explanation(told, 1, null)).toContain("(Invoking Conv2D op failed: no kernel image is available.)");
});
