import { rm } from "node:fs/promises";
import { abandonedParts } from "../downloads/part.js";
import { cacheFolder, inCache } from "../weights/cache.js";
import { engineFolder } from "./engine-folder.js";
import { type EnginePackage, enginePackages, type InstallableEngine } from "./engine-packages.js";
import { clearEngine } from "./installation.js";
import { gatheredIn, tensorflowDownloads } from "./tensorflow-downloads.js";

/**
 * Deletes an engine from the engine folder, and what unfinished downloads of it have left.
 *
 * @param options `root` and `cache` as they were for `installEngine`
 * @returns whether there was anything
 */
export async function removeEngine(
  name: InstallableEngine,
  { root = engineFolder(), cache = cacheFolder() }: { readonly root?: string; readonly cache?: string } = {},
): Promise<boolean> {
  const entry: EnginePackage = enginePackages[name];
  const cleared = await clearEngine(name, root);
  const sources = entry.tensorflow === undefined ? [] : Object.values(tensorflowDownloads(entry));
  const parts = await inCache(cache, async () => {
    const found = await Promise.all(
      sources.map((source: string) => abandonedParts(gatheredIn(cache, source))),
    );
    for (const part of found.flat()) await rm(part, { force: true });
    return found.flat();
  });
  return cleared || parts.length > 0;
}
