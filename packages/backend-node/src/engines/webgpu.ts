import { totalmem } from "node:os";
import { type Engine, OptionError } from "@brushwork/core";
import { findAdapter, isSoftware, startWebGPU } from "@brushwork/webgpu";
import { entryPoints, importOptional } from "../install/optional-package.js";
import { Remediable } from "../remediable.js";
import { availableMemory } from "./available-memory.js";
import type { EngineEntry } from "./engine-entry.js";
import { registerGradients } from "./tfjs-backend.js";
import { checkFound, dawnOptions, webgpuTrial } from "./webgpu-trial.js";

const packageName = "webgpu";

type Dawn = typeof import("webgpu");

/** By the features they were made with. Kept for good: a device that outlives its GPU takes the process down. */
const gpus = new Map<string, GPU>();

/** What was found by the last `load`; an adapter gives one device. */
let found: { readonly dawn: Dawn; readonly gpu: GPU; readonly adapter: GPUAdapter } | undefined;

/** The GPU, through the package webgpu: Dawn, which is the WebGPU of Chromium. */
export const webgpu: EngineEntry<"webgpu"> = {
  name: "webgpu",
  async load({ byName }) {
    const dawn = await importDawn();
    await tryOut(byName);
    found = await adapterOf(dawn, [], byName);
    // SwiftShader takes most of a second to compile a kernel that clears its shared memory, which ours need not.
    if (isSoftware(found.adapter.info)) found = await adapterOf(dawn, ["disable_workgroup_init"], byName);
  },
  async start({ threads }): Promise<Engine> {
    if (threads !== undefined)
      throw new OptionError(
        `Expected no threads for the engine webgpu, which runs on the GPU, got ${threads}.`,
      );
    if (found === undefined) throw new Error("Expected the engine webgpu to be loaded before it starts.");
    const { dawn, gpu, adapter } = found;
    found = undefined;
    const withdraw = publish(dawn, gpu);
    try {
      await registerGradients();
      const memoryBytes = isSoftware(adapter.info) ? availableMemory() : totalmem();
      const engine = await startWebGPU(adapter, { memoryBytes });
      return {
        ...engine,
        async stop() {
          await engine.stop();
          withdraw();
        },
      };
    } catch (error) {
      withdraw();
      throw error;
    }
  },
};

/** Whether a trial has found a GPU. A driver that is broken or missing may be mended while this process goes on. */
let tried = false;

/** @throws {Error} with what the engine lacks, before Dawn looks for a GPU in this process */
async function tryOut(software: boolean): Promise<void> {
  const paths = entryPoints(packageName);
  if (tried || paths.length === 0) return;
  const trial = await webgpuTrial(paths, dawnOptions());
  if (trial.trouble !== undefined)
    throw new Error(
      `Expected Dawn to look for a GPU for the engine webgpu, but in a process of its own it failed (${trial.trouble}). ` +
        "Update the graphics driver, or use another engine.",
    );
  await checkFound(trial, { software });
  tried = true;
}

async function adapterOf(
  dawn: Dawn,
  features: readonly string[],
  software: boolean,
): Promise<NonNullable<typeof found>> {
  const key = features.join();
  const gpu = gpus.get(key) ?? dawn.create(dawnOptions(features));
  gpus.set(key, gpu);
  return { dawn, gpu, adapter: await quietly(software, () => findAdapter(gpu, { software })) };
}

async function importDawn(): Promise<Dawn> {
  try {
    return (await importOptional(packageName)) as Dawn;
  } catch (cause) {
    throw loadingError(cause);
  }
}

/**
 * Keeps Vulkan's parts from writing to the standard error past Node, about what is no concern of a user's. What the
 * user has set in the environment stays.
 *
 * @param software whether a GPU in software is wanted as well
 */
async function quietly<Result>(software: boolean, action: () => Promise<Result>): Promise<Result> {
  const quiet = {
    // Mesa looks for a display that pictures are not shown on.
    XDG_RUNTIME_DIR: "/nonexistent",
    // Lavapipe, which is slow, says that it is for testing only.
    ...(!software && { VK_LOADER_DRIVERS_DISABLE: "*lvp*" }),
  };
  const set = Object.entries(quiet).filter(([name]) => process.env[name] === undefined);
  Object.assign(process.env, Object.fromEntries(set));
  try {
    return await action();
  } finally {
    for (const [name] of set) delete process.env[name];
  }
}

/** Why the package webgpu does not load, in one sentence, and the remedy. */
export function loadingError(cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND")
    return new Remediable(
      "Expected the package webgpu for the engine webgpu, found none.",
      { kind: "install engine", engine: "webgpu" },
      { cause },
    );
  const [reason] = message.split("\n");
  return new Error(
    `The package webgpu did not load for the engine webgpu (${reason}). ` +
      "Its builds are for Linux with glibc 2.34 or newer, macOS and Windows: use another engine.",
    { cause },
  );
}

/**
 * Puts WebGPU where TensorFlow.js looks for it, as it is in a browser.
 * @returns undoes it
 */
function publish(dawn: Dawn, gpu: GPU): () => void {
  // Its classes and constants; they hold on to nothing.
  Object.assign(globalThis, dawn.globals);
  const surroundings = globalThis as { readonly navigator?: object };
  // Node 20 has no navigator.
  if (surroundings.navigator === undefined)
    Object.defineProperty(surroundings, "navigator", { value: {}, configurable: true });
  const navigator = surroundings.navigator ?? {};
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  return () => {
    Reflect.deleteProperty(navigator, "gpu");
  };
}
