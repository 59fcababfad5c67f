import type { WeightStore } from "@brushwork/backend-node";
import { type NetworkEntry, networks } from "@brushwork/networks";
import type { ListOptions } from "../options.js";
import { pullCommand } from "../remedy-text.js";

/** The networks, whether their weights are there, and the layers that losses can look at. */
export async function networksText(store: WeightStore, { json }: ListOptions): Promise<string> {
  if (json) {
    const listed = Object.entries(networks).map(async ([name, { layers, weights, own }]) => ({
      name,
      layers,
      weights: weights.id,
      available: own !== undefined || (await store.has(name)),
    }));
    return `${JSON.stringify({ networks: await Promise.all(listed) }, null, 2)}\n`;
  }
  const texts = Object.entries(networks).map(async ([name, entry]) =>
    [
      name,
      `  weights  ${await weightsText(name, entry, store)}`,
      `  layers   ${layersText(entry.layers)}`,
    ].join("\n"),
  );
  return `${(await Promise.all(texts)).join("\n\n")}\n`;
}

async function weightsText(
  name: string,
  { weights: { id }, own }: NetworkEntry,
  store: WeightStore,
): Promise<string> {
  if (own !== undefined || (await store.has(name))) return id;
  return `none here: ${pullCommand(name)}`;
}

/** A line for each block of layers. */
function layersText(layers: readonly string[]): string {
  const blocks = new Map<string, string[]>();
  for (const layer of layers) {
    const block = layer.match(/\d+/)?.[0] ?? "";
    blocks.set(block, [...(blocks.get(block) ?? []), layer]);
  }
  return [...blocks.values()].map((block) => block.join(" ")).join("\n           ");
}
