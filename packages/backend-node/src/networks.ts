import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, type Network } from "@brushwork/core";
import { checkOptions, choiceOf, kinds, oneOf } from "@brushwork/core/reading";
import {
  checkVariant,
  type NetworkName,
  type NetworkVariant,
  networkNames,
  networks,
  readWeights,
  weightsIdentity,
  weightsMetadata,
} from "@brushwork/networks";
import { paddings, poolings, preprocessings } from "@brushwork/recipes";
import * as tf from "@tensorflow/tfjs-core";
import { readBytes } from "./files/read-file.js";
import { weightStore } from "./weights/store.js";

export interface NetworkOptions extends NetworkVariant {
  /**
   * Name of a weight file: safetensors, HDF5 by Keras, or the model.json of a TensorFlow.js model.
   * @default the weights that come with the network, or were pulled
   */
  readonly weights?: string;
}

export interface LoadedNetwork {
  readonly network: Network;
  /** SHA-256 of the weight file, hexadecimal. */
  readonly sha256: string;
  /** What recipes name the weights by; see `weightsIdentity` of @brushwork/networks. */
  readonly weights: string;
}

const optionKinds = {
  weights: kinds.text,
  pooling: choiceOf(...poolings),
  poolingScale: kinds.number,
  padding: choiceOf(...paddings),
  preprocessing: choiceOf(...preprocessings),
};

/**
 * Reads a network's weights and puts them on the engine that is running.
 *
 * @throws {OptionError} when there is no network of that name, or it cannot be run like that
 * @throws {Error} when its weights are not there, are not as they were pulled, or the file does not hold them
 */
export async function loadNetwork(name: NetworkName, asked: NetworkOptions = {}): Promise<LoadedNetwork> {
  oneOf(name, "the network", networkNames);
  checkOptions("loadNetwork", asked, optionKinds);
  const { weights: file, ...options } = asked;
  if (!tf.getBackend())
    throw new Error("No engine is running, which a network is loaded onto: call startEngine first.");
  checkVariant(name, options);
  const { make, own } = networks[name];
  const path = file ?? (own && fileURLToPath(own));
  if (path === undefined) {
    const { weights, record } = await weightStore().load(name);
    return {
      network: make({ weights, ...options }),
      ...identified(name, record.sha256, { metadata: record.provenance }),
    };
  }
  const bytes = await readBytes(path, "a weight file");
  try {
    const shard = (shardPath: string) => readBytes(join(dirname(path), shardPath), "a shard of the weights");
    const network = make({ weights: await readWeights(bytes, { shard }), ...options });
    const known = { md5: digest("md5", bytes), metadata: weightsMetadata(bytes) };
    return { network, ...identified(name, digest("sha256", bytes), known) };
  } catch (cause) {
    throw new Error(`${path} does not hold the weights of ${name}. ${messageOf(cause)}`, { cause });
  }
}

function identified(
  name: NetworkName,
  sha256: string,
  known: Parameters<typeof weightsIdentity>[1],
): Pick<LoadedNetwork, "sha256" | "weights"> {
  return { sha256, weights: weightsIdentity(name, { sha256, ...known }) ?? `sha256:${sha256}` };
}

function digest(algorithm: "md5" | "sha256", bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
