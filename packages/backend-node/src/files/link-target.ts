import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * The file that a name leads to when it is a symbolic link, whether that file exists or not; otherwise the name.
 * @throws the system's error ELOOP, where the links lead in a circle
 */
export async function linkTarget(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < mostLinks; links++) {
    const next = await readlink(target).catch(() => undefined);
    if (next === undefined) return target;
    // A link is relative to the folder that it is really in.
    const folder = await realpath(dirname(target));
    target = resolve(folder, next);
  }
  throw Object.assign(new Error("its links lead in a circle"), { code: "ELOOP" });
}
