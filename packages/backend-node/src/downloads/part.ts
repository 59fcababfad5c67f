import { randomUUID } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { host, isAlive } from "../files/holder.js";
import { unlessMissing } from "../files/unless-missing.js";

/** The file that an unfinished download is gathered in, while one process holds it. */
export interface Part {
  readonly path: string;
  /** Leaves it to the next claim. */
  release(): Promise<void>;
  /** Deletes it. */
  discard(): Promise<void>;
}

/** A part that was not written to for so long has been left, whatever process has its holder's number by now. */
const longestPause = 60 * 60 * 1000;

/**
 * Claims what earlier downloads have left of a file, for this process alone; or a new, empty part.
 *
 * A part's name says who holds it, and claiming is renaming, of which the file system lets one process succeed. So there
 * is no lock that a killed process could leave behind.
 *
 * @param file the path of the file that is to be downloaded; its parts lie beside it
 */
export async function claimPart(file: string): Promise<Part> {
  const path = `${file}.${process.pid}.${randomUUID()}.${host}.part`;
  let claimed = false;
  // The shorter ones hold nothing that the longest does not.
  for (const left of await abandonedParts(file))
    if (claimed) await rm(left, { force: true });
    else claimed = await renamed(left, path);
  return {
    path,
    async release() {
      await renamed(path, `${file}.part`);
    },
    async discard() {
      await rm(path, { force: true });
    },
  };
}

/** The parts of a file that no process holds, the longest first. */
export async function abandonedParts(file: string): Promise<readonly string[]> {
  const parts: { readonly path: string; readonly bytes: number }[] = [];
  for (const name of (await readdir(dirname(file)).catch(unlessMissing)) ?? []) {
    if (!name.startsWith(`${basename(file)}.`) || !name.endsWith(".part")) continue;
    const path = join(dirname(file), name);
    const found = await stat(path).catch(unlessMissing);
    if (found === undefined) continue;
    const holder = name.slice(basename(file).length).match(/^\.(\d+)\.[0-9a-f-]+\.([a-z0-9-]+)\.part$/i);
    const paused = Date.now() - found.mtimeMs > longestPause;
    if (holder === null || paused || (holder[2] === host && !isAlive(Number(holder[1]))))
      parts.push({ path, bytes: found.size });
  }
  return parts.sort((a, b) => b.bytes - a.bytes).map(({ path }) => path);
}

/** @returns false when it was no longer there */
async function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error) => unlessMissing(error) ?? false,
  );
}
