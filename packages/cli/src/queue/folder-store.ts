import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "@brushwork/backend-node";
import { sentenceOf } from "../failure.js";
import { isThere } from "../files/is-there.js";
import { StoreFailure } from "./outcomes.js";
import type { Store } from "./store.js";

/** A folder that all machines see, by NFS or another file system. */
export function folderStore(folder: string): Store {
  const at = (key: string) => join(folder, ...key.split("/"));
  const write = async (key: string, bytes: Uint8Array, replace: boolean) => {
    try {
      await mkdir(dirname(at(key)), { recursive: true });
      await writeFileAtomically(at(key), bytes, { replace });
    } catch (cause) {
      if (!replace && (await isThere(at(key)))) return;
      throw new StoreFailure(
        `The store ${folder} cannot be written: ${sentenceOf(cause)} Free some space or grant write permission there, or name another with --store.`,
        { cause },
      );
    }
  };
  return {
    name: folder,
    async read(key) {
      try {
        return await readFile(at(key));
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw new StoreFailure(
          `The store ${folder} cannot be read (${sentenceOf(cause)}): give this user permission to read it, or name another with --store.`,
          { cause },
        );
      }
    },
    has: (key) => isThere(at(key)),
    write: (key, bytes) => write(key, bytes, true),
    writeNew: (key, bytes) => write(key, bytes, false),
    remove: (key) => rm(at(key), { force: true }),
    removeBelow: (name) => rm(at(name), { recursive: true, force: true }),
  };
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
