import { stat } from "node:fs/promises";

/** Which of some files another name leads to, if any: a link has a name of its own. Missing files are none. */
export async function sameFile(path: string, others: readonly string[]): Promise<string | undefined> {
  const there = await identity(path);
  if (there === undefined) return undefined;
  for (const other of others) if ((await identity(other)) === there) return other;
  return undefined;
}

/** Exact only as big integers: Windows's numbers have 64 bits. */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}
