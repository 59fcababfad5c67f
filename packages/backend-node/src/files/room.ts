import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { linkTarget } from "./link-target.js";

/** A file that is going to be written, and about how many bytes it takes. */
export interface ExpectedFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Checks that the disks have room for some files, before the work that they are the result of.
 * @throws {Error} when one of the disks has less; a disk whose free space is unknown passes
 */
export async function checkRoom(files: readonly ExpectedFile[]): Promise<void> {
  const byDisk = new Map<number, { folder: string; bytes: number; count: number }>();
  const devices = new Map<string, number | undefined>();
  for (const { path, bytes } of files) {
    const folder = dirname(resolve(await linkTarget(path).catch(() => path)));
    if (!devices.has(folder)) devices.set(folder, (await stat(folder).catch(() => undefined))?.dev);
    const device = devices.get(folder);
    if (device === undefined) continue;
    const disk = byDisk.get(device) ?? { folder, bytes: 0, count: 0 };
    byDisk.set(device, { folder, bytes: disk.bytes + bytes, count: disk.count + 1 });
  }
  for (const { folder, bytes, count } of byDisk.values()) {
    const free = await freeBytes(folder);
    if (free !== undefined && free < bytes)
      throw new Error(
        `Expected room for about ${bytesText(bytes)} on the disk of ${folder}, found ${bytesText(free)}. ` +
          (count > 1
            ? "Make room, or save fewer or smaller pictures."
            : "Make room, or choose another folder."),
      );
  }
}

/** Room in a folder for this user; undefined where the file system does not say. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  // Some that are made of other things than blocks have none at all.
  return disk === undefined || disk.blocks === 0 ? undefined : disk.bavail * disk.bsize;
}

/** "1.2 MB" */
function bytesText(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : (["GB", 1e9] as const);
  return `${Number((bytes / Number(size)).toPrecision(2))} ${unit}`;
}
