import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "../files/holder.js";
import { unlessMissing } from "../files/unless-missing.js";
import { unlessHomeless } from "../files/user-folder.js";
import { inFolder } from "../weights/cache.js";
import { engineFolder } from "./engine-folder.js";
import { type InstallableEngine, installableEngines } from "./engine-packages.js";

/** What is recorded of an engine that was installed. */
export interface InstalledEngine {
  readonly name: InstallableEngine;
  readonly folder: string;
  /** The npm package, and its version. */
  readonly package: string;
  readonly version: string;
  /** TensorFlow's version, where the engine runs on it. */
  readonly tensorflow?: string;
  /** The user's own TensorFlow that it is linked to. */
  readonly libtensorflow?: string;
  /** What was downloaded beside the package. */
  readonly downloads: readonly DownloadedFile[];
  /** When, as ISO 8601. */
  readonly installed: string;
}

export interface DownloadedFile {
  readonly source: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const recordName = "brushwork.json";

/** The engines in the engine folder, without a look at whether they run. */
export async function installedEngines(
  root = unlessHomeless(engineFolder),
): Promise<readonly InstalledEngine[]> {
  if (root === undefined) return [];
  const found = await Promise.all(installableEngines.map((name) => installedEngine(name, root)));
  return found.filter((record) => record !== undefined);
}

export async function installedEngine(
  name: InstallableEngine,
  root: string,
): Promise<InstalledEngine | undefined> {
  const folder = join(root, name);
  const text = await inEngines(root, () => readFile(join(folder, recordName), "utf8").catch(unlessMissing));
  const record = text === undefined ? undefined : parsed(text);
  return record === undefined ? undefined : { ...record, name, folder };
}

/**
 * Makes an engine's folder, whole or not at all: in another place first, then renamed. What was there before is
 * replaced; when `fill` fails it stays, and nothing of the new one is left.
 *
 * @param fill puts everything into a folder @returns what is recorded of it
 */
export async function placeEngine(
  name: InstallableEngine,
  root: string,
  fill: (folder: string) => Promise<Omit<InstalledEngine, "name" | "folder">>,
): Promise<InstalledEngine> {
  return inEngines(root, async () => {
    await mkdir(root, { recursive: true });
    await removeAbandoned(root);
    const folder = join(root, name);
    const temporary = join(root, `.${name}.${process.pid}.${randomUUID()}`);
    await mkdir(temporary);
    try {
      const record = await fill(temporary);
      await writeFile(join(temporary, recordName), `${JSON.stringify(record, undefined, 2)}\n`);
      await replace(folder, temporary);
      return { ...record, name, folder };
    } finally {
      // An archive that did not unpack may still have files on their way to the disk, for a moment.
      await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

/** Deletes an engine's folder. @returns whether it was there */
export async function clearEngine(name: InstallableEngine, root: string): Promise<boolean> {
  return inEngines(root, async () => {
    await removeAbandoned(root);
    // Renamed first: half of an engine must never be found.
    const temporary = join(root, `.${name}.${process.pid}.${randomUUID()}`);
    const there = await rename(join(root, name), temporary).then(
      () => true,
      (error) => unlessMissing(error) ?? false,
    );
    await rm(temporary, { recursive: true, force: true });
    return there;
  });
}

function inEngines<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  return inFolder({ folder, name: "engine folder", variable: "BRUSHWORK_ENGINES" }, action);
}

async function replace(folder: string, by: string): Promise<void> {
  const old = `${by}.old`;
  await rename(folder, old).catch(unlessMissing);
  try {
    await rename(by, folder);
  } catch (error) {
    await rename(old, folder).catch(unlessMissing);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** What installations have left that were killed. */
async function removeAbandoned(root: string): Promise<void> {
  for (const name of (await readdir(root).catch(unlessMissing)) ?? []) {
    const holder = /^\.[a-z]+\.(\d+)\./.exec(name);
    if (holder !== null && !isAlive(Number(holder[1])))
      await rm(join(root, name), { recursive: true, force: true });
  }
}

function parsed(text: string): Omit<InstalledEngine, "name" | "folder"> | undefined {
  try {
    const value: Partial<Record<string, unknown>> | null = JSON.parse(text);
    return typeof value?.package === "string" &&
      typeof value.version === "string" &&
      typeof value.installed === "string" &&
      Array.isArray(value.downloads)
      ? (value as unknown as Omit<InstalledEngine, "name" | "folder">)
      : undefined;
  } catch {
    return undefined;
  }
}
