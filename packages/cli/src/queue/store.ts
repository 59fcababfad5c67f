import { randomUUID } from "node:crypto";

/** Files that the machines of a queue share, by key, such as "a1b2/inputs/c3d4". Each is written whole or not at all. */
export interface Store {
  /** For people. */
  readonly name: string;
  /** A file's bytes; undefined where there is none. @throws {StoreFailure} when it cannot be read */
  read(key: string): Promise<Uint8Array | undefined>;
  has(key: string): Promise<boolean>;
  /** Replaces what is there. @throws {StoreFailure} when it cannot be written */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Writes a file unless there is one. */
  writeNew(key: string, bytes: Uint8Array): Promise<void>;
  /** Deletes a file, if there is one. */
  remove(key: string): Promise<void>;
  /** Deletes all files whose keys begin with a name and a slash. */
  removeBelow(name: string): Promise<void>;
}

const identityKey = "brushwork-store.json";

/** What the machines recognise a store by, whatever each calls it. @returns undefined where no batch has used it */
export async function storeIdentity(store: Store): Promise<string | undefined> {
  const bytes = await store.read(identityKey);
  if (bytes === undefined) return undefined;
  try {
    const { store: identity } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof identity === "string" ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** The identity of a store, which gets one where it has none. @throws {StoreFailure} when it cannot be written */
export async function giveIdentity(store: Store): Promise<string> {
  const identity = new TextEncoder().encode(`${JSON.stringify({ store: randomUUID() })}\n`);
  await store.writeNew(identityKey, identity);
  const found = await storeIdentity(store);
  if (found !== undefined) return found;
  // Somebody wrote something else there.
  await store.write(identityKey, identity);
  return (await storeIdentity(store)) ?? "";
}
