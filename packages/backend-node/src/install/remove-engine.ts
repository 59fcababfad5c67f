import { rm } from "node:fs/promises";
import { abandonedParts } from "../downloads/part.js";
import { cacheFolder, inCache } from "../weights/cache.js";
import { engineFolder } from "./engine-folder.js";
import { type EnginePackage, enginePackages, type InstallableEngine } from "./engine-packages.js";
import { clearEngine } from "./installation.js";
import { gatheredIn, type TensorflowDownloads, tensorflowDownloads } from "./tensorflow-downloads.js";

/**
 * Deletes an engine from the engine folder, and what unfinished downloads of it have left.
 *
 * @param options `root` and `cache` as they were for `installEngine`
 * @returns whether there was anything
 */
export async function removeEngine(
  name: InstallableEngine,
  { root = engineFolder(), cache }: { readonly root?: string; readonly cache?: string } = {},
): Promise<boolean> {
  const entry: EnginePackage = enginePackages[name];
  const cleared = await clearEngine(name, root);
  const { version, tensorflow } = entry;
  if (tensorflow === undefined) return cleared;
  return (await removeParts(tensorflowDownloads({ version, tensorflow }), cache ?? cacheFolder())) || cleared;
}

/** @returns whether there were any */
async function removeParts({ library, binding }: TensorflowDownloads, cache: string): Promise<boolean> {
  return inCache(cache, async () => {
    const parts = await Promise.all(
      [library, binding].map(({ source }) => abandonedParts(gatheredIn(cache, source))),
    );
    for (const part of parts.flat()) await rm(part, { force: true });
    return parts.flat().length > 0;
  });
}
