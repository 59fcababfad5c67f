/** An npm package that an engine runs on, too large to come along. */
export interface EnginePackage {
  readonly name: string;
  /** The one release that this engine works with. */
  readonly version: string;
  /** Which build of TensorFlow is behind the package; absent where there is none. */
  readonly tensorflow?: "cpu" | "gpu";
}

/** The packages by the engines they are for. */
export const enginePackages = {
  native: { name: "@tensorflow/tfjs-node", version: "4.22.0", tensorflow: "cpu" },
  cuda: { name: "@tensorflow/tfjs-node-gpu", version: "4.22.0", tensorflow: "gpu" },
  webgpu: { name: "webgpu", version: "0.6.2" },
} as const satisfies Readonly<Record<string, EnginePackage>>;

export type InstallableEngine = keyof typeof enginePackages;

/** The engines that can be installed. */
export const installableEngines = Object.keys(enginePackages) as readonly InstallableEngine[];

/** Where in TensorFlow's packages their binding is: they ask for version 8 of Node-API on every Node. */
export const bindingPath = "lib/napi-v8/tfjs_binding.node";
