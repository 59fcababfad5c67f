import { availableParallelism } from "node:os";
import util from "node:util";
import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "../install/optional-package.js";
import { Remediable } from "../remediable.js";
import type { EngineEntry, EngineOptions, Precision } from "./engine-entry.js";
import { restoreLegacyUtil } from "./legacy-util.mjs";
import { registerReluGrad } from "./relu-grad.js";
import { startBackend, stopBackend } from "./tfjs-backend.js";

const backendName = "tensorflow";

/** How TensorFlow was loaded. */
interface TensorflowSettings {
  readonly threads: number;
  readonly precision: Precision;
}

/** One of TensorFlow.js's packages round TensorFlow's library. */
export interface TensorflowBuild<Name extends string> extends Pick<EngineEntry<Name>, "name" | "options"> {
  readonly packageName: string;
  /** @throws {Error} where it cannot run, before anything is loaded */
  check?(): Promise<void>;
  /** What it computes on, for people, and how much there is room for. */
  hardware(
    settings: TensorflowSettings,
  ): Promise<{ readonly description: string; readonly memoryBytes: number }>;
}

/** The packages give their backends one name, and none can be loaded twice: a process keeps the first as it is. */
let loaded: (TensorflowSettings & { readonly engine: string }) | undefined;

/** TensorFlow itself as an engine, through one of its packages. */
export function tensorflow<Name extends string>({
  name,
  options = [],
  packageName,
  check,
  hardware,
}: TensorflowBuild<Name>): EngineEntry<Name> {
  return {
    name,
    options,
    async load(wanted) {
      if (loaded?.engine === name) return;
      if (loaded !== undefined)
        throw new Remediable(
          `Expected no other build of TensorFlow in this process, got that of the engine ${loaded.engine}.`,
          { kind: "start anew", engine: name },
        );
      await check?.();
      const current = tf.getBackend();
      prepareEnvironment(wanted);
      try {
        await importOptional(packageName);
      } catch (cause) {
        const remedy = { kind: "install engine", engine: name } as const;
        throw new Remediable(explanation(cause, name, packageName), remedy, { cause });
      }
      loaded = { engine: name, ...settings() };
      registerReluGrad(backendName);
      // Importing it has started its backend.
      stopBackend(backendName);
      if (current) await tf.setBackend(current);
    },
    async start(wanted): Promise<Engine> {
      if (loaded?.engine !== name)
        throw new Error(`Expected the engine ${name} to be loaded before it starts.`);
      checkUnchanged(wanted, loaded);
      const { description, memoryBytes } = await hardware(loaded);
      const stop = await startBackend(backendName);
      return {
        name,
        device: `TensorFlow ${version()} (${description})`,
        largestTensorBytes: memoryBytes,
        memoryBytes,
        lost: new Promise(() => {}),
        settle: async () => {},
        trim: () => {},
        stop: async () => stop(),
      };
    },
  };
}

/** One sentence for why one of TensorFlow's packages does not load. */
export function explanation(error: unknown, engine: string, packageName: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND" && message.includes(packageName))
    return `Expected the package ${packageName} for the engine ${engine}, found none.`;
  if (message.includes("tfjs_binding.node) can not be found"))
    return `Expected ${packageName} to have its binding for the engine ${engine}, found none.`;
  const symbol = /undefined symbol: (\w+)/.exec(message)?.[1];
  if (symbol !== undefined)
    return (
      `Expected a TensorFlow that the binding of the engine ${engine} was built for, ` +
      `got one without the function ${symbol}.`
    );
  const [reason] = message.split("\n");
  return `The package ${packageName} did not load for the engine ${engine} (${reason}).`;
}

/** TensorFlow reads its environment while it loads. What the user has set there stays. */
function prepareEnvironment({ threads, precision }: EngineOptions): void {
  // Silences its notices, but not its errors.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  if (precision === "fast") process.env.ONEDNN_DEFAULT_FPMATH_MODE ??= "BF16";
  restoreLegacyUtil(util);
}

function settings(): TensorflowSettings {
  const { TF_NUM_INTRAOP_THREADS, ONEDNN_DEFAULT_FPMATH_MODE = "STRICT" } = process.env;
  return {
    threads: Number(TF_NUM_INTRAOP_THREADS) || availableParallelism(),
    precision: ONEDNN_DEFAULT_FPMATH_MODE.toUpperCase() === "STRICT" ? "full" : "fast",
  };
}

function checkUnchanged(wanted: EngineOptions, { threads, precision }: TensorflowSettings): void {
  if (wanted.threads !== undefined && wanted.threads !== threads)
    throw new Error(
      `Expected the threads to stay ${threads}, with which TensorFlow was loaded, got ${wanted.threads}. ` +
        "Choose their number when the engine is first started, or start a new process.",
    );
  if (wanted.precision !== undefined && wanted.precision !== precision)
    throw new Error(
      `Expected the precision to stay "${precision}", with which TensorFlow was loaded, got "${wanted.precision}". ` +
        "Choose it when the engine is first started, or start a new process; leave ONEDNN_DEFAULT_FPMATH_MODE unset.",
    );
}

function version(): string {
  const { binding } = tf.backend() as tf.KernelBackend & {
    readonly binding: { readonly TF_Version: string };
  };
  return binding.TF_Version;
}
