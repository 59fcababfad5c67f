import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file whole or not at all: under another name beside it first, then renamed. A file of that name is
 * replaced; on failure it stays as it was, and nothing is left behind.
 *
 * @throws {Error} with what is wrong with the folder or the disk
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, "wx");
    try {
      try {
        await file.writeFile(bytes);
        // Renamed before its bytes are on the disk, a file can be empty after a power cut.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (cause) {
    throw new Error(explanation(path, cause), { cause });
  }
}

/** @throws {Error} when a file of that name could not be written, so that a long run need not find out at its end */
export async function checkWritable(path: string): Promise<void> {
  try {
    if (await isFolder(path)) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    // Asked for its rights alone, not every folder tells the truth.
    const temporary = temporaryBeside(path);
    await (await open(temporary, "wx")).close();
    await rm(temporary);
  } catch (cause) {
    throw new Error(explanation(path, cause), { cause });
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

function explanation(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const folder = dirname(path);
  switch (code) {
    case "ENOENT":
      return `Expected the folder of ${path} to exist, found none. Create ${folder} first.`;
    case "ENOTDIR":
      return `Expected the folder of ${path} to be one, but ${folder} is a file.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `${path} cannot be written: its folder ${folder} is protected.`;
    case "EISDIR":
      return `${path} is a folder: name a file in it.`;
    case "ENOSPC":
    case "EDQUOT":
      return `Expected room on the disk for ${path}, found none left.`;
    default:
      return `${path} could not be written (${message}).`;
  }
}
