import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure.js";

const lockName = ".brushwork-batch";

/**
 * Keeps a folder from a second command, which would paint the same pictures at the same time.
 *
 * @returns a function that opens it again
 * @throws {Failure} when a command that goes on has it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, lockName);
  const own = JSON.stringify({ process: process.pid, machine: hostname() });
  for (;;) {
    try {
      await writeFile(file, own, { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST")
        throw new Failure(`The folder ${folder} cannot be written to: choose another with -o.`, { cause });
    }
    const owner = await ownerOf(file);
    if (owner !== undefined)
      throw new Failure(
        `Another command is painting into ${folder} (process ${owner.process} on ${owner.machine}): ` +
          `wait for it to end, or choose another place with -o. If there is none, delete ${file}.`,
      );
    // The one that had it was killed.
    await rm(file, { force: true });
  }
}

/** The process that holds the lock; undefined where it has ended, as far as this machine can see. */
async function ownerOf(
  file: string,
): Promise<{ readonly process: number; readonly machine: string } | undefined> {
  let owner: { readonly process?: unknown; readonly machine?: unknown };
  try {
    owner = JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
  const { process: id, machine } = owner;
  if (typeof id !== "number" || typeof machine !== "string") return undefined;
  if (machine === hostname() && (id === process.pid || !isRunning(id))) return undefined;
  return { process: id, machine };
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
