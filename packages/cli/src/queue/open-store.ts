import { UsageError } from "../failure.js";
import { folderStore } from "./folder-store.js";
import { s3Store } from "./s3-store.js";
import type { Store } from "./store.js";

/**
 * The store that a word names: a folder, or s3://BUCKET/PREFIX.
 * @throws {UsageError} when it names none
 */
export function storeOf(word: string, environment: NodeJS.ProcessEnv): Store {
  if (word.startsWith("s3:")) return s3Store(word, environment);
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(word))
    throw new UsageError(`Expected --store to be a folder or s3://BUCKET/PREFIX, got ${word}.`);
  return folderStore(word);
}
