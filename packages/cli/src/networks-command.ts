import { loadNetwork, networkNames, startEngine } from "@brushwork/backend-node";
import { sentenceOf } from "./failure.js";

/** The networks, whether their weights are there, and the layers that losses can look at. */
export async function networksText(): Promise<string> {
  // Any engine will do to ask a network for its layers; this one is there on every machine.
  const engine = await startEngine("wasm");
  try {
    const texts: string[] = [];
    for (const name of networkNames) texts.push(await networkText(name));
    return `${texts.join("\n\n")}\n`;
  } finally {
    await engine.stop();
  }
}

async function networkText(name: (typeof networkNames)[number]): Promise<string> {
  try {
    const { network, sha256 } = await loadNetwork(name);
    const lines = [name, `  weights  ${sha256}`, `  layers   ${layersText(network.layers)}`];
    network.dispose();
    return lines.join("\n");
  } catch (error) {
    return `${name}\n  weights  none: ${sentenceOf(error)}`;
  }
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
