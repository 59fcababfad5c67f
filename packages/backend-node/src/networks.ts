import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Network } from "@brushwork/core";
import {
  compact,
  compactWeights,
  type NamedArrays,
  type Pooling,
  readWeights,
  vgg16,
  vgg19,
} from "@brushwork/networks";
import { readBytes } from "./read-file.js";
import { weightStore } from "./weights/store.js";

interface NetworkEntry {
  readonly make: (options: { readonly weights: NamedArrays; readonly pooling?: Pooling }) => Network;
  /** The weights that come with it; the others' are in the weight store or have to be given. */
  readonly weights?: URL;
}

const entries = {
  compact: { make: compact, weights: compactWeights },
  vgg19: { make: vgg19 },
  vgg16: { make: vgg16 },
} satisfies Readonly<Record<string, NetworkEntry>>;

export type NetworkName = keyof typeof entries;

/** The networks there are. */
export const networkNames = Object.keys(entries) as readonly NetworkName[];

export interface NetworkOptions {
  readonly pooling?: Pooling;
  /**
   * Name of a weight file: safetensors, HDF5 by Keras, or the model.json of a TensorFlow.js model. Absent: the weights
   * that come with the network, or were pulled.
   */
  readonly weights?: string;
}

export interface LoadedNetwork {
  readonly network: Network;
  /** Of the weight file, hexadecimal: what a recipe names the weights by. */
  readonly sha256: string;
}

/**
 * Reads a network's weights and puts them on the engine that is running.
 *
 * @throws {RangeError} when there is no network of that name
 * @throws {Error} when its weights are not there, are not as they were pulled, or the file does not hold them
 */
export async function loadNetwork(
  name: NetworkName,
  { weights: file, ...options }: NetworkOptions = {},
): Promise<LoadedNetwork> {
  if (!networkNames.includes(name))
    throw new RangeError(`Expected the network to be one of ${networkNames.join(", ")}, got "${name}".`);
  const { make, weights: own }: NetworkEntry = entries[name];
  const path = file ?? (own && fileURLToPath(own));
  if (path === undefined) {
    const { weights, record } = await weightStore().load(name);
    return { network: make({ weights, ...options }), sha256: record.sha256 };
  }
  const bytes = await readBytes(path, "a weight file");
  try {
    const shard = (shardPath: string) => readBytes(join(dirname(path), shardPath), "a shard of the weights");
    const network = make({ weights: await readWeights(bytes, { shard }), ...options });
    return { network, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Expected ${path} to hold the weights of ${name}, but it does not. ${reason}`, { cause });
  }
}
