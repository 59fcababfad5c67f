import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { unlessHomeless } from "../files/user-folder.js";
import { engineFolder } from "./engine-folder.js";
import { bindingPath, type EnginePackage, enginePackages, packageFolder } from "./engine-packages.js";

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
  const folder = unlessHomeless(engineFolder);
  return [besideUs(name), ...(folder === undefined ? [] : [packageFolder(join(folder, engine), name)])]
    .map((path) => path && entryPoint(path, wanted))
    .filter((path) => path !== undefined);
}

/** The folder of the package that Node finds from here. */
function besideUs(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The file that a package's folder is imported by. Nothing is looked for in the folders above it. */
function entryPoint(folder: string, { tensorflow }: EnginePackage): string | undefined {
  if (tensorflow !== undefined && !existsSync(join(folder, bindingPath))) return undefined;
  try {
    return createRequire(import.meta.url).resolve(folder);
  } catch {
    return undefined;
  }
}
