import { join } from "node:path";
import { engineLock } from "../engine-lock.js";

/** An npm package that an engine runs on, too large to come along. */
export interface EnginePackage {
  readonly name: string;
  /** The one release that this engine works with. */
  readonly version: string;
  /** The file that pins the package and all that it pulls in. */
  readonly lock: URL;
  /** The build of TensorFlow that is behind the package; absent where there is none. */
  readonly tensorflow?: TensorflowBuild;
}

/** A build of TensorFlow, with the SHA-256 of its archives, hexadecimal. */
interface TensorflowBuild {
  readonly kind: "cpu" | "gpu";
  /** Hash of libtensorflow's archive. */
  readonly library: string;
  /** Hash of the archive with its binding. Absent: nobody publishes it. */
  readonly binding?: string;
}

/** The packages by the engines they are for. */
export const enginePackages = {
  native: {
    name: "@tensorflow/tfjs-node",
    version: "4.22.0",
    lock: engineLock("native"),
    // As nixpkgs pins it.
    tensorflow: { kind: "cpu", library: "7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173" },
  },
  cuda: {
    name: "@tensorflow/tfjs-node-gpu",
    version: "4.22.0",
    lock: engineLock("cuda"),
    // As github.com/wamuir/graft pins it.
    tensorflow: { kind: "gpu", library: "20c46f761d5905f592c4eac0812e8e50d9cb439f9440a9391912cf4c02ed8be8" },
  },
  webgpu: { name: "webgpu", version: "0.6.2", lock: engineLock("webgpu") },
} as const satisfies Readonly<Record<string, EnginePackage>>;

export type InstallableEngine = keyof typeof enginePackages;

/** The engines that can be installed. */
export const installableEngines = Object.keys(enginePackages) as readonly InstallableEngine[];

/** Where in TensorFlow's packages their binding is: they ask for version 8 of Node-API on every Node. */
export const bindingPath = "lib/napi-v8/tfjs_binding.node";

/** Where npm puts a package that is installed in a folder. */
export function packageFolder(folder: string, name: string): string {
  return join(folder, "node_modules", name);
}
