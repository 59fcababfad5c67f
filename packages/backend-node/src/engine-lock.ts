/**
 * The lock file that an engine is installed by: its npm package and all that it pulls in, each with the hash of its
 * archive. `node scripts/lock-engines.mjs` makes it.
 */
export function engineLock(engine: string): URL {
  return new URL(`../assets/engines/${engine}.json`, import.meta.url);
}
