import type { Stats } from "node:fs";
import {
  access,
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "@brushwork/core";
import { linkTarget } from "./link-target.js";
import { removeAbandoned, temporaryIn } from "./temporary-file.js";
import { unlessMissing } from "./unless-missing.js";

export interface ReplaceOptions {
  /** Whether a file of that name is replaced; otherwise it is an error that there is one. @default true */
  readonly replace?: boolean;
}

/**
 * Writes a file whole or not at all: under another name beside it first, then renamed. On failure, a file of that name
 * stays as it was, and nothing is left behind.
 *
 * A file that is replaced keeps its mode, its owner where the system permits, and its other names (hard links). A
 * symbolic link stays: what it leads to is written. Bytes for a device or a pipe go into it.
 *
 * @throws {Error} with what is wrong with the folder or the disk; see `isTaken`
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  { replace = true }: ReplaceOptions = {},
): Promise<void> {
  try {
    if (replace && (await isDevice(path))) return await writeInto(path, "w", bytes);
    const target = await linkTarget(path);
    const before = await lstat(target).catch(unlessMissing);
    const temporary = temporaryIn(dirname(target));
    try {
      await writeNew(temporary, bytes, before);
      if (!replace) await nameNew(temporary, target);
      else if (before !== undefined && before.nlink > 1) await overwrite(target, bytes);
      else await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (cause) {
    throw new Error(explanation(path, cause), { cause });
  }
}

/**
 * Gives a file that another program has written, in the same folder, the name that it is for.
 *
 * @param temporary gone afterwards, unless this fails
 * @throws {Error} as `writeFileAtomically` does
 */
export async function nameFile(
  temporary: string,
  path: string,
  { replace = true }: ReplaceOptions = {},
): Promise<void> {
  try {
    const file = await open(temporary, "r+");
    await file.sync().finally(() => file.close());
    const target = await linkTarget(path);
    if (replace) return await rename(temporary, target);
    await nameNew(temporary, target);
    await rm(temporary, { force: true });
  } catch (cause) {
    throw new Error(explanation(path, cause), { cause });
  }
}

/** Whether a file was not written since there was one of its name, which was not to be replaced. */
export function isTaken(error: unknown): boolean {
  return codeOf((error as Error | undefined)?.cause) === "EEXIST";
}

/** Whether a file was not written since its folder does not exist. */
export function isWithoutFolder(error: unknown): boolean {
  return codeOf((error as Error | undefined)?.cause) === "ENOENT";
}

/**
 * Checks that a file can be written, so that a long run need not find out at its end that it cannot be. Deletes what
 * killed processes have left in the folder.
 *
 * @throws {Error} when a file of that name could not be written
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    if (await isDevice(path)) return;
    const target = await linkTarget(path);
    // A file of several names is written over where it lies.
    if (there !== undefined && there.nlink > 1) await access(target, constants.W_OK);
    await removeAbandoned(dirname(target));
    // The rights of a folder do not always say whether it takes a file, and a full disk still takes an empty one.
    const temporary = temporaryIn(dirname(target));
    try {
      await writeNew(temporary, new Uint8Array(4096));
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (cause) {
    throw new Error(explanation(path, cause), { cause });
  }
}

/** Whether there is something that is neither a file nor a folder: bytes go into it, and nothing takes its place. */
async function isDevice(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** @param like the file whose mode and owner the new one gets */
async function writeNew(path: string, bytes: Uint8Array, like?: Stats): Promise<void> {
  await written(await open(path, "wx", like === undefined ? 0o666 : like.mode & 0o777), async (file) => {
    if (like !== undefined) await takeAfter(file, like);
    await file.writeFile(bytes);
  });
}

async function writeInto(path: string, flags: "w" | "r+", bytes: Uint8Array): Promise<void> {
  await written(await open(path, flags), async (file) => {
    await file.writeFile(bytes);
    if (flags === "r+") await file.truncate(bytes.length);
  });
}

async function written(file: FileHandle, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await write(file);
    // Renamed before its bytes are on the disk, a file can be empty after a power cut; pipes know no such thing.
    if ((await file.stat()).isFile()) await file.sync();
  } finally {
    await file.close();
  }
}

/** Not every user may give files away, and not every file system knows modes. */
async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const now = await file.stat();
  if (now.uid !== uid || now.gid !== gid)
    await file
      .chown(uid, gid)
      .catch(() => file.chown(now.uid, gid))
      .catch(() => {});
  await file.chmod(mode & 0o7777).catch(() => {});
}

/** Gives a file in the making its name, unless there is a file of that name. */
async function nameNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw error;
    // Not every file system has links. An empty file takes the name then, which only one process can succeed in.
    await (await open(target, "wx")).close();
    try {
      await rename(temporary, target);
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
  }
}

/** Writes over a file where it lies, so that its other names show the same. Its old bytes come back if that fails. */
async function overwrite(target: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(target);
  try {
    await writeInto(target, "r+", bytes);
  } catch (error) {
    await writeInto(target, "r+", before).catch(() => {});
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function explanation(path: string, error: unknown): string {
  const folder = dirname(path);
  switch (codeOf(error)) {
    case "EEXIST":
      return `${path} already exists.`;
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
      return `${path} could not be written (${messageOf(error)}).`;
  }
}
