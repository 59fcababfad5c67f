import { existsSync } from "node:fs";
import { join } from "node:path";
import { loaderRemedy, webgpuTrial } from "../webgpu-trial.js";
import { provenBinding } from "./binding.mjs";
import { type EnginePackage, enginePackages, type InstallableEngine } from "./engine-packages.js";

export interface Proof {
  /** Why the engine does not run, on one line. Absent: it does. */
  readonly trouble?: string;
  /** TensorFlow's version. */
  readonly tensorflow?: string;
  /** What the engine lacks all the same, and the remedy. */
  readonly warning?: string;
}

/**
 * Runs an engine's package in a process of its own: TensorFlow has to get one convolution right, WebGPU to start.
 *
 * @param folder that it was installed in
 */
export async function proof(name: InstallableEngine, folder: string, signal?: AbortSignal): Promise<Proof> {
  const entry: EnginePackage = enginePackages[name];
  const path = join(folder, "node_modules", entry.name);
  if (!existsSync(path)) return { trouble: `there is no ${path}` };
  if (entry.tensorflow === undefined) return webgpuProof(path, signal);
  const { version, trouble } = await provenBinding(path, signal);
  return version === undefined ? { trouble } : { tensorflow: version };
}

async function webgpuProof(path: string, signal?: AbortSignal): Promise<Proof> {
  const { trouble, hasLoader } = await webgpuTrial([join(path, "index.js")], [], signal);
  if (trouble !== undefined) return { trouble };
  if (hasLoader) return {};
  return { warning: `There is no Vulkan loader, without which WebGPU finds no GPU. ${loaderRemedy}.` };
}
