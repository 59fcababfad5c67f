import { dirname } from "node:path";
import type { WeightRecord, WeightStore } from "@brushwork/backend-node";
import { Failure } from "../failure.js";
import type { ListOptions } from "../options.js";
import { pullCommand } from "../remedy-text.js";
import type { Progress } from "../reports/progress.js";
import { bytesText } from "../reports/quantities.js";

export interface PullOptions {
  readonly half?: boolean;
  /** Asked in place of the published addresses. */
  readonly source?: string;
}

/** Downloads weights, unless they are there already. */
export async function pullWeights(
  store: WeightStore,
  name: string,
  { half = false, source }: PullOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const record = await store.pull(name, {
    half,
    signal,
    onProgress: progress.received,
    onTrouble: progress.warned,
    ...(source !== undefined && { sources: [source] }),
  });
  progress.pulled({ path: store.path(name), record });
}

/** What can be pulled, and what was. */
export async function weightsText(store: WeightStore, { json }: ListOptions): Promise<string> {
  const listed = await store.list();
  if (json) return `${JSON.stringify({ weights: listed }, null, 2)}\n`;
  const texts = listed.map(({ name, path, published, stored }) => {
    const { licence } = published;
    const lines =
      stored === undefined
        ? [`not here; ${pullCommand(name)} fetches ${bytesText(published.bytes)}`]
        : [summaryText(stored), path];
    return `${[name, ...lines, licence].join("\n  ")}\n`;
  });
  return texts.join("\n");
}

/**
 * Checks weights against their recorded hash.
 * @param name absent: all that were pulled
 */
export async function verifiedText(store: WeightStore, name: string | undefined): Promise<string> {
  const listed = await store.list();
  const names =
    name === undefined
      ? listed.filter(({ stored }) => stored !== undefined).map((entry) => entry.name)
      : [name];
  if (names.length === 0)
    throw new Failure(
      `Expected weights in ${folderOf(store)}, found none. Get some: ${pullCommand(store.names[0] ?? "")}`,
    );
  const lines: string[] = [];
  for (const each of names) lines.push(`${each}: intact, ${summaryText(await store.verify(each))}\n`);
  return lines.join("");
}

/** Deletes weights, and what unfinished downloads have left. */
export async function removedText(store: WeightStore, name: string): Promise<string> {
  const removed = await store.remove(name);
  return removed ? `Removed the weights of ${name}.\n` : `There were no weights of ${name} to remove.\n`;
}

/** Where a network's weights are or would be; without a name, the folder of all. */
export function pathText(store: WeightStore, name: string | undefined): string {
  return `${name === undefined ? folderOf(store) : store.path(name)}\n`;
}

function folderOf(store: WeightStore): string {
  return dirname(store.path(store.names[0] ?? ""));
}

function summaryText({ bytes, half, sha256 }: WeightRecord): string {
  return `${bytesText(bytes)}, ${half ? "float16" : "float32"}, SHA-256 ${sha256}`;
}
