import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { shardPaths } from "@brushwork/networks";

/**
 * The files that weights are read from: one, or for the model.json of a TensorFlow.js model, that and its shards. What
 * is wrong with a file, reading it says.
 */
export async function weightFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined);
  // A pipe can be read only once.
  const bytes = found?.isFile() ? await readFile(path).catch(() => undefined) : undefined;
  const shards = bytes === undefined ? [] : shardPaths(bytes);
  return [path, ...shards.map((shard) => join(dirname(path), shard))];
}
