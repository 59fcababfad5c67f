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
import type { WeightCatalogue } from "./weights/catalogue.js";
import type { PullProgress } from "./weights/download.js";
import { hashed, obtain, type WeightFile } from "./weights/store.js";

const makers: Readonly<
  Record<string, (options: { readonly weights: NamedArrays; readonly pooling?: Pooling }) => Network>
> = { compact, vgg19, vgg16 };

export interface NetworkOptions {
  readonly pooling: Pooling;
  /** A weight file that the user picked. */
  readonly weights?: Blob | undefined;
  readonly catalogue?: WeightCatalogue | undefined;
  readonly progress: (progress: PullProgress) => void;
}

export interface LoadedNetwork extends Pick<WeightFile, "sha256" | "unkept"> {
  readonly network: Network;
}

/**
 * Reads a network's weights: those that were picked, that come with it, are kept, or else are downloaded.
 *
 * @throws {RangeError} when there is no network of that name, or its weights have to be picked
 * @throws {Error} when they cannot be had, or the file does not hold them
 */
export async function loadNetwork(
  name: string,
  { pooling, weights: picked, catalogue, progress }: NetworkOptions,
): Promise<LoadedNetwork> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined)
    throw new RangeError(
      `Expected the network to be one of ${Object.keys(makers).join(", ")}, got ${JSON.stringify(name)}.`,
    );
  const { bytes, ...about } = await weightFile(name, { picked, catalogue, progress });
  try {
    return { network: make({ weights: await readWeights(bytes), pooling }), ...about };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Expected the weights of ${name} in the file, but they are not there. ${reason} ` +
        "Where the browser keeps that file, remove it, and then pick another one or download them.",
      { cause },
    );
  }
}

async function weightFile(
  name: string,
  {
    picked,
    catalogue,
    progress,
  }: Pick<NetworkOptions, "catalogue" | "progress"> & { readonly picked: Blob | undefined },
): Promise<WeightFile> {
  if (picked === undefined && name !== "compact")
    return obtain(name, { progress, ...(catalogue && { catalogue }) });
  const [bytes, sha256] = await hashed(picked ?? (await own()));
  return { bytes, ...(sha256 !== undefined && { sha256 }) };
}

/** The weights that come with the package. */
async function own(): Promise<Blob> {
  const response = await fetch(compactWeights.href);
  if (!response.ok)
    throw new Error(
      `Expected ${compactWeights.href}, which comes with the package, to be there, got ${response.status}.`,
    );
  return response.blob();
}
