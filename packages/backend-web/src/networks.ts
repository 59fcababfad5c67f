import { messageOf } from "@brushwork/core";
import { oneOf } from "@brushwork/core/reading";
import {
  checkVariant,
  compactWeights,
  type NetworkVariant,
  networkNames,
  networks,
  readWeights,
  weightsIdentity,
  weightsMetadata,
} from "@brushwork/networks";
import type { FoundNetwork } from "@brushwork/runs";
import type { WeightCatalogue } from "./weights/catalogue.js";
import type { DownloadProgress } from "./weights/download.js";
import { hashed, obtain, type WeightFile } from "./weights/store.js";

export interface NetworkOptions extends NetworkVariant {
  /** Weight file that the user picked. */
  readonly weights?: Blob | undefined;
  readonly catalogue?: WeightCatalogue | undefined;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/**
 * Reads a network's weights: the picked file, the package's own, the kept ones, or else a download.
 *
 * @throws {OptionError} when there is no network of that name, it cannot be run like that, or its weights have to be
 * picked
 * @throws {Error} when the weights cannot be loaded, or the file does not hold them
 */
export async function loadNetwork(
  asked: string,
  { weights: picked, catalogue, onProgress, ...variant }: NetworkOptions,
): Promise<FoundNetwork> {
  const name = oneOf(asked, "the network", networkNames);
  checkVariant(name, variant);
  const { bytes, sha256, unkept } = await weightFile(name, { picked, catalogue, onProgress });
  try {
    const network = networks[name].make({ weights: await readWeights(bytes), ...variant });
    const known = { ...(sha256 !== undefined && { sha256 }), metadata: weightsMetadata(bytes) };
    const identity = weightsIdentity(name, known);
    return {
      network,
      ...(identity !== undefined && { weights: identity }),
      ...(sha256 !== undefined && { file: `sha256:${sha256}` }),
      ...(unkept !== undefined && { unkept }),
    };
  } catch (cause) {
    throw new Error(
      `The file does not hold the weights of ${name}. ${messageOf(cause)} ` +
        "Pick another file. If the browser keeps this one, remove it first.",
      { cause },
    );
  }
}

async function weightFile(
  name: string,
  {
    picked,
    catalogue,
    onProgress,
  }: Pick<NetworkOptions, "catalogue" | "onProgress"> & { readonly picked: Blob | undefined },
): Promise<WeightFile> {
  if (picked === undefined && name !== "compact")
    return obtain(name, { onProgress, ...(catalogue && { catalogue }) });
  const [bytes, sha256] = await hashed(picked ?? (await own()));
  return { bytes, ...(sha256 !== undefined && { sha256 }) };
}

/** The weights that come with the package. */
async function own(): Promise<Blob> {
  const response = await fetch(compactWeights.href);
  if (!response.ok)
    throw new Error(
      `The server answered ${response.status} to ${compactWeights.href}, which comes with the package: serve it too.`,
    );
  return response.blob();
}
