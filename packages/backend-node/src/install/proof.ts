import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Remedy } from "@brushwork/runs";
import { checkFound, dawnOptions, webgpuTrial } from "../engines/webgpu-trial.js";
import { lackOf } from "../remediable.js";
import { provenBinding } from "./binding.mjs";
import {
  type EnginePackage,
  enginePackages,
  type InstallableEngine,
  packageFolder,
} from "./engine-packages.js";

export interface Proof {
  /** Why the engine does not run, on one line. Absent: it does. */
  readonly trouble?: string;
  /** TensorFlow's version. */
  readonly tensorflow?: string;
  /** What this machine lacks for an engine on GPUs. */
  readonly warning?: string;
  /** What the user can do about it, if that is known as data. */
  readonly remedy?: Remedy;
}

/**
 * Runs an engine's package in a process of its own: TensorFlow has to get one convolution right, WebGPU to start.
 *
 * @param folder that it was installed in
 */
export async function proof(name: InstallableEngine, folder: string, signal?: AbortSignal): Promise<Proof> {
  const entry: EnginePackage = enginePackages[name];
  const path = packageFolder(folder, entry.name);
  if (!existsSync(path)) return { trouble: `there is no ${path}` };
  if (entry.tensorflow === undefined) return webgpuProof(path, signal);
  const { version, trouble, onGpu } = await provenBinding(path, signal);
  if (version === undefined) return { trouble };
  if (entry.tensorflow.kind === "cpu" || onGpu) return { tensorflow: version };
  return {
    tensorflow: version,
    warning: `TensorFlow found no GPU that it can use for the engine ${name}.`,
    remedy: { kind: "inspect engine", engine: name },
  };
}

async function webgpuProof(path: string, signal?: AbortSignal): Promise<Proof> {
  const trial = await webgpuTrial([join(path, "index.js")], dawnOptions(), signal);
  if (trial.trouble !== undefined) return { trouble: trial.trouble };
  return checkFound(trial, { software: false }).then(
    () => ({}),
    (error) => {
      const { reason: warning, ...remedy } = lackOf(error);
      return { warning, ...remedy };
    },
  );
}
