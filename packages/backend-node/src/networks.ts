import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Network } from "@brushwork/core";
import {
  compact,
  compactWeights,
  type NamedArrays,
  type Pooling,
  readSafetensors,
  vgg16,
  vgg19,
} from "@brushwork/networks";
import { readBytes } from "./read-file.js";

interface NetworkEntry {
  readonly make: (options: { readonly weights: NamedArrays; readonly pooling?: Pooling }) => Network;
  /** The weights that come with it; the others' have to be given. */
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
  /** Name of a .safetensors file. Absent: the weights that come with the network. */
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
 * @throws {Error} when there is no weight file, or it does not hold the network's weights
 */
export async function loadNetwork(
  name: NetworkName,
  { weights, ...options }: NetworkOptions = {},
): Promise<LoadedNetwork> {
  if (!networkNames.includes(name))
    throw new RangeError(`Expected the network to be one of ${networkNames.join(", ")}, got "${name}".`);
  const { make, weights: own }: NetworkEntry = entries[name];
  const path = weights ?? (own && fileURLToPath(own));
  if (path === undefined)
    throw new Error(
      `Expected a weight file for ${name}, got none. Give the name of a .safetensors file, ` +
        "or use the network compact, which brings its own.",
    );
  const bytes = await readBytes(path, "a weight file");
  try {
    const network = make({ weights: readSafetensors(bytes), ...options });
    return { network, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Expected ${path} to hold the weights of ${name}, but it does not. ${reason}`, { cause });
  }
}
