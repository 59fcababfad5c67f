import { posix } from "node:path";

/** An archive that cannot be, or should not be, unpacked. */
export class BadArchive extends Error {}

/**
 * Unpacks a .tar.gz into a folder that exists.
 *
 * @param options `strip`: folders to leave off at the beginning of each entry's path
 * @throws {BadArchive} when the file is no such archive, is cut off, or has an entry that would leave the folder; what was
 *   unpacked before stays
 */
export async function unpack(
  archive: string,
  folder: string,
  { strip = 0 }: { readonly strip?: number } = {},
): Promise<void> {
  // Imported when needed, for a command that paints should not wait for it.
  const { extract } = await import("tar");
  const outside: string[] = [];
  let entries = 0;
  try {
    await extract({
      file: archive,
      cwd: folder,
      strip,
      strict: true,
      filter(path, entry) {
        entries += 1;
        const link = "type" in entry ? linkTarget(path, entry) : undefined;
        if (leaves(path) || (link !== undefined && leaves(link))) outside.push(path);
        return outside.length === 0;
      },
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // The disk's troubles are not the archive's.
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw cause;
    throw new BadArchive(
      `Expected an archive (.tar.gz), got a file that does not unpack (${(cause as Error).message}).`,
      {
        cause,
      },
    );
  }
  if (outside.length > 0)
    throw new BadArchive(
      `Expected an archive whose entries stay in its folder, got one with ${outside[0]}. Do not trust its source.`,
    );
  if (entries === 0) throw new BadArchive("Expected an archive (.tar.gz) with files in it, got one without.");
}

/** What a link points to, from the archive's root. Symbolic links count from their own folder, hard links do not. */
function linkTarget(
  path: string,
  { type, linkpath }: { readonly type: string; readonly linkpath?: string | undefined },
): string | undefined {
  if (linkpath === undefined || linkpath === "") return undefined;
  if (type === "Link" || posix.isAbsolute(linkpath)) return linkpath;
  return posix.join(posix.dirname(path), linkpath);
}

function leaves(path: string): boolean {
  const normal = posix.normalize(path.replaceAll("\\", "/"));
  return posix.isAbsolute(normal) || /^[a-z]:/i.test(normal) || normal === ".." || normal.startsWith("../");
}
