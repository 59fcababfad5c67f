import { createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { host, isAlive } from "./holder.js";

/** Short, since the name of a machine can be long. */
const machine = createHash("sha256").update(host).digest("hex").slice(0, 8);

/**
 * A name for a file in the making. It says who makes it, and is short however long the file's own name is, of which
 * most systems allow 255 bytes.
 */
export function temporaryIn(folder: string): string {
  return join(folder, `.brushwork.${machine}.${process.pid}.${randomBytes(4).toString("hex")}`);
}

/** Deletes files in the making whose process was killed. Those of other machines, which may share the folder, stay. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const maker = /^\.brushwork\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{8}$/.exec(name);
    if (maker !== null && maker[1] === machine && !isAlive(Number(maker[2])))
      await rm(join(folder, name), { force: true }).catch(() => {});
  }
}
