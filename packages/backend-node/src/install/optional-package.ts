import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { engineFolder } from "./engine-folder.js";
import { bindingPath, type EnginePackage, enginePackages } from "./engine-packages.js";

/**
 * Imports a package that an engine runs on: the one that Node finds from here, or the one in the engine folder.
 *
 * A package that came without its binding, because its install script did not run, counts as missing.
 *
 * @throws what Node throws where neither is there; where none of them loads, what the first one throws
 */
export async function importOptional(name: string): Promise<unknown> {
  const [first, second] = entryPoints(name);
  // The specifier is a variable, so that no bundler and no type check asks for the package.
  if (first === undefined) return import(/* @vite-ignore */ name);
  try {
    return await importQuietly(first);
  } catch (error) {
    if (second === undefined) throw error;
    return await importQuietly(second).catch(() => {
      throw error;
    });
  }
}

/** A package from the engine folder has a TensorFlow.js of its own, which warns of what ours has registered already. */
async function importQuietly(path: string): Promise<unknown> {
  const before = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    tf.env().set("PROD", before);
  }
}

/** The files that `importOptional` imports, in this order; none where the package or its binding is missing. */
export function entryPoints(name: string): readonly string[] {
  const engines: readonly (readonly [string, EnginePackage])[] = Object.entries(enginePackages);
  const [engine, wanted] = engines.find(([, entry]) => entry.name === name) ?? [];
  if (engine === undefined || wanted === undefined) return [];
  return [import.meta.url, join(engineFolder(), engine, "package.json")]
    .map((from) => entryPoint(from, wanted))
    .filter((path) => path !== undefined);
}

function entryPoint(from: string, { name, tensorflow }: EnginePackage): string | undefined {
  const { resolve } = createRequire(from);
  try {
    const path = resolve(name);
    const whole =
      tensorflow === undefined || existsSync(join(dirname(resolve(`${name}/package.json`)), bindingPath));
    return whole ? path : undefined;
  } catch {
    return undefined;
  }
}
