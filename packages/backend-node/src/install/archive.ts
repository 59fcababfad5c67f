import { posix } from "node:path";

/** An archive that cannot be, or should not be, unpacked. */
export class BadArchive extends Error {}

/** More than any archive for an engine holds: TensorFlow's for GPUs has 1.5 GiB. */
const most = { bytes: 4 * 2 ** 30, entries: 50_000 };

/**
 * Unpacks a .tar.gz into a folder that exists. Files get neither another owner nor the right to run as another user.
 *
 * @param options `strip`: folders to leave off at the beginning of each entry's path; `mostBytes` of all files together
 * @throws {BadArchive} when the file is no such archive, is cut off, holds too much, or has an entry that would leave the
 *   folder; what was unpacked before stays
 */
export async function unpack(
  archive: string,
  folder: string,
  { strip = 0, mostBytes = most.bytes }: { readonly strip?: number; readonly mostBytes?: number } = {},
): Promise<void> {
  // Imported when needed, for a command that paints should not wait for it.
  const { extract } = await import("tar");
  const leavesFolder = folderGuard();
  let refusal: string | undefined;
  const refuse = (expected: string) => {
    refusal = `Expected an archive ${expected}. Do not trust its source.`;
  };
  let [entries, bytes] = [0, 0];
  try {
    await extract({
      file: archive,
      cwd: folder,
      strip,
      strict: true,
      preserveOwner: false,
      filter(path, entry) {
        if (!("type" in entry) || refusal !== undefined) return false;
        entries += 1;
        bytes += entry.size;
        entry.mode = (entry.mode ?? 0o644) & 0o755;
        if (entries > most.entries) refuse(`with at most ${most.entries} entries, got one with more`);
        else if (bytes > mostBytes) refuse(`that unpacks to at most ${mostBytes} bytes, got one with more`);
        else if (leavesFolder({ path, type: entry.type, linkpath: entry.linkpath }, strip))
          refuse(`whose entries stay in its folder, got one with ${path}`);
        return refusal === undefined;
      },
    });
  } catch (cause) {
    if (refusal !== undefined) throw new BadArchive(refusal, { cause });
    const { code } = cause as NodeJS.ErrnoException;
    // The disk's troubles are not the archive's.
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw cause;
    throw new BadArchive(
      `Expected an archive (.tar.gz), got a file that does not unpack (${(cause as Error).message}).`,
      { cause },
    );
  }
  if (refusal !== undefined) throw new BadArchive(refusal);
  if (entries === 0) throw new BadArchive("Expected an archive (.tar.gz) with files in it, got one without.");
}

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly linkpath?: string | undefined;
}

/**
 * A function that says whether an entry would leave the folder, by its path or by what a link points to. No path may
 * lead through a link, since its text no longer says where it ends. The entries before are remembered.
 */
function folderGuard(): (entry: Entry, strip: number) => boolean {
  const links = new Set<string>();
  /** Folders that a path leads through, which no link may be. */
  const folders = new Set<string>();

  function isStraight(path: string): boolean {
    const above = foldersAbove(path);
    for (const folder of above) folders.add(folder);
    return !leaves(path) && !above.some((folder) => links.has(folder));
  }

  return ({ path, type, linkpath = "" }, strip) => {
    const name = stripped(path, strip);
    if (leaves(path) || !isStraight(name)) return true;
    if (type === "Link") {
      const target = stripped(linkpath, strip);
      return leaves(linkpath) || !isStraight(target) || links.has(target);
    }
    if (type !== "SymbolicLink") return false;
    links.add(name);
    const target = withSlashes(linkpath);
    if (isFromRoot(target) || goesBack(target)) return true;
    return !isStraight(posix.join(posix.dirname(name), target)) || folders.has(name);
  };
}

/** Whether a path goes up again after it has gone down: "a/..". */
function goesBack(path: string): boolean {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const down = parts.findIndex((part) => part !== "..");
  return down >= 0 && parts.lastIndexOf("..") > down;
}

/** "a" and "a/b" of "a/b/c". */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

/** What is left of a path without the folders at its beginning. */
function stripped(path: string, strip: number): string {
  const left = withSlashes(path).split("/").slice(strip).join("/");
  return posix.normalize(left).replace(/\/+$/, "");
}

function leaves(path: string): boolean {
  const normal = posix.normalize(withSlashes(path));
  return isFromRoot(normal) || normal === ".." || normal.startsWith("../");
}

function isFromRoot(path: string): boolean {
  return posix.isAbsolute(path) || /^[a-z]:/i.test(path);
}

function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}
