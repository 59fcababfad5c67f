import { resolve } from "node:path";
import { OptionError } from "@brushwork/core";
import { oneOf } from "@brushwork/core/reading";
import type { Remedy } from "@brushwork/runs";
import { engineFolder } from "./engine-folder.js";
import {
  type EnginePackage,
  enginePackages,
  type InstallableEngine,
  installableEngines,
} from "./engine-packages.js";
import { type InstalledEngine, installedEngine, placeEngine } from "./installation.js";
import { npmInstall } from "./npm.js";
import { type Proof, proof } from "./proof.js";
import { checkGlibcForWebgpu, checkTensorflowPlatform } from "./surroundings.js";
import { type Telling, tensorflowOf } from "./tensorflow.js";

export interface InstallOptions extends Telling {
  /** The folder of a TensorFlow on this machine, to link in place of a download. */
  readonly libtensorflow?: string;
  /** Installs again what is there and runs. */
  readonly force?: boolean;
  /** Absent: the user's. */
  readonly root?: string;
  /** Where downloads are gathered. Absent: the user's. */
  readonly cache?: string;
}

export interface Installation {
  readonly engine: InstalledEngine;
  /** Whether it was there already, and ran. */
  readonly unchanged: boolean;
  /** What this machine lacks before an engine on GPUs can paint. */
  readonly warning?: string;
  /** What the user can do about it, if that is known as data. */
  readonly remedy?: Remedy;
}

/**
 * Puts what an engine runs on into the engine folder: its npm package, and TensorFlow where the engine is built on it.
 * The engine is proven to run before it takes its place; an installation that fails or is stopped leaves nothing
 * behind but what it downloaded, in the cache folder, for the next one to go on with.
 *
 * @throws {OptionError} when there is no such engine, or it takes no libtensorflow
 * @throws {Error} in a sentence, when it cannot be had, or does not run on this machine
 * @throws `signal.reason` once the signal is aborted
 */
export async function installEngine(
  name: InstallableEngine,
  options: InstallOptions = {},
): Promise<Installation> {
  oneOf(name, "the engine", installableEngines);
  return installPackage(name, enginePackages[name], options);
}

/** As `installEngine`, from a package of that name. */
export async function installPackage(
  name: InstallableEngine,
  entry: EnginePackage,
  { libtensorflow, force = false, root = engineFolder(), cache, ...telling }: InstallOptions = {},
): Promise<Installation> {
  const { signal, onStage } = telling;
  const given = libtensorflow === undefined ? undefined : resolve(libtensorflow);
  if (given !== undefined && entry.tensorflow === undefined)
    throw new OptionError(
      `Expected a TensorFlow only for native or cuda, got one for ${name}. Leave it out.`,
    );
  const engine = await installedEngine(name, root);
  if (!force) {
    const same =
      engine?.version === entry.version && (given ?? engine.libtensorflow) === engine.libtensorflow;
    const found = engine && same ? await proof(name, engine.folder, signal) : undefined;
    if (engine && found && found.trouble === undefined)
      return { engine, unchanged: true, ...warningOf(found) };
  }
  if (entry.tensorflow === undefined) checkGlibcForWebgpu();
  else checkTensorflowPlatform();
  // What is missing on this machine is reported before anything is fetched.
  const before = engine?.downloads ?? [];
  const { tensorflow: build } = entry;
  const tensorflow =
    build &&
    (await tensorflowOf(
      { ...entry, tensorflow: build },
      { ...telling, libtensorflow: given, cache, before },
    ));

  let proven: Proof = {};
  const placed = await placeEngine(name, root, async (folder) => {
    onStage?.(`Installing ${entry.name} ${entry.version} with npm.`);
    await npmInstall(folder, entry, signal);
    const downloads = (await tensorflow?.(folder)) ?? [];
    onStage?.(`Trying the engine ${name}.`);
    proven = await proof(name, folder, signal);
    const { trouble, tensorflow: version } = proven;
    if (trouble !== undefined) throw new Error(explanation(name, trouble, given));
    return {
      package: entry.name,
      version: entry.version,
      ...(version !== undefined && { tensorflow: version }),
      ...(given !== undefined && { libtensorflow: given }),
      downloads,
      installed: new Date().toISOString(),
    };
  });
  return { engine: placed, unchanged: false, ...warningOf(proven) };
}

function warningOf({ warning, remedy }: Proof): Pick<Installation, "warning" | "remedy"> {
  return { ...(warning !== undefined && { warning }), ...(remedy !== undefined && { remedy }) };
}

/** One sentence for why an engine that was put together does not run. */
function explanation(name: InstallableEngine, trouble: string, libtensorflow: string | undefined): string {
  const [, symbol] = /undefined symbol: (\w+)/.exec(trouble) ?? [];
  if (symbol !== undefined)
    return (
      `Expected ${libtensorflow === undefined ? "TensorFlow" : `the TensorFlow in ${libtensorflow}`} to have ` +
      `the function ${symbol}, found none: it is of another version. Take one from 2.9 to 2.21.`
    );
  if (trouble.includes("SIGILL"))
    return (
      "Expected a processor with the instructions that TensorFlow was built for (AVX), got one without. " +
      "Use the engine webgpu or wasm."
    );
  return (
    `The engine ${name} was installed, but does not run (${trouble}). ` +
    "It was removed again; use another engine."
  );
}
