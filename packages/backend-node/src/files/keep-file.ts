import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { nameBeside } from "./file-name.js";
import { linkTarget } from "./link-target.js";
import {
  isTaken,
  isWithoutFolder,
  nameFile,
  type ReplaceOptions,
  writeFileAtomically,
} from "./write-file.js";

/** Where a file was written that must not be lost. */
export interface KeptFile {
  readonly path: string;
  /** A file of the wanted name exists and stays; this one is beside it. */
  readonly taken?: true;
  /** The folder was gone and was created again. */
  readonly recreated?: true;
  /** Why the file is not in its folder but in the current or in the temporary one. */
  readonly failure?: Error;
}

export interface KeepingOptions extends ReplaceOptions {
  /** Whether to try other folders. @default true */
  readonly elsewhere?: boolean;
}

/**
 * Writes a file that must not be lost: where there is a file that is not to be replaced, under another name beside it;
 * where its folder is gone, in a new one; and where that cannot be written, in the current folder or in the one for
 * temporary files.
 *
 * @throws {Error} as `writeFileAtomically` does, when it can be written nowhere
 */
export async function keepFile(
  path: string,
  bytes: Uint8Array,
  { replace = true, elsewhere = true }: KeepingOptions = {},
): Promise<KeptFile> {
  try {
    return await keepInItsFolder(path, bytes, replace);
  } catch (error) {
    if (!elsewhere) throw error;
    for (const folder of lastResorts(path)) {
      const kept = await keepBeside(join(folder, basename(path)), bytes, false).catch(() => undefined);
      if (kept !== undefined) return { path: kept.path, failure: error as Error };
    }
    throw error;
  }
}

/**
 * Gives a file that another program has written, in the same folder, the name that it is for; where there is a file of
 * that name that is not to be replaced, another name beside it.
 *
 * @throws {Error} as `writeFileAtomically` does
 */
export async function keepMadeFile(
  temporary: string,
  path: string,
  { replace = true }: ReplaceOptions = {},
): Promise<KeptFile> {
  return freeName(path, (name) => nameFile(temporary, name, { replace }));
}

/** The current folder, unless it is gone, and the one for temporary files. */
function lastResorts(path: string): readonly string[] {
  try {
    return [resolve("."), tmpdir()].filter((folder) => folder !== resolve(dirname(path)));
  } catch {
    return [tmpdir()];
  }
}

async function keepInItsFolder(path: string, bytes: Uint8Array, replace: boolean): Promise<KeptFile> {
  try {
    return await keepBeside(path, bytes, replace);
  } catch (error) {
    if (!isWithoutFolder(error)) throw error;
    // Where the current folder is gone, a relative name leads nowhere.
    const absolute = resolve(path);
    await mkdir(dirname(await linkTarget(absolute).catch(() => absolute)), { recursive: true }).catch(() => {
      throw error;
    });
    return { ...(await keepBeside(absolute, bytes, replace)), recreated: true };
  }
}

async function keepBeside(path: string, bytes: Uint8Array, replace: boolean): Promise<KeptFile> {
  return freeName(path, (name) => writeFileAtomically(name, bytes, { replace }));
}

/** Has a file written under its name, or where that is taken under the first name beside it that is not. */
async function freeName(path: string, write: (name: string) => Promise<void>): Promise<KeptFile> {
  for (let number = 2, name = path; ; number++) {
    try {
      await write(name);
      return name === path ? { path } : { path: name, taken: true };
    } catch (error) {
      if (!isTaken(error)) throw error;
      name = nameBeside(path, `-${number}`);
    }
  }
}
