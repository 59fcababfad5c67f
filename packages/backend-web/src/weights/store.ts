import { OptionError } from "@brushwork/core";
import { type PublishedWeights, type WeightCatalogue, weightCatalogue } from "./catalogue.js";
import { type DownloadOptions, type DownloadProgress, download, forgetParts } from "./download.js";
import { canHash, sha256 } from "./hash.js";
import { keptFiles } from "./kept.js";

export type { DownloadProgress };
export type PullOptions = DownloadOptions;

/** Weights of networks that the browser keeps for this site, each file with its hash. */
export interface WeightStore {
  /** Names of the networks whose weights can be downloaded. */
  readonly names: readonly string[];
  /** Whether weights are kept; they are not checked. */
  status(name: string): Promise<"absent" | "kept">;
  /**
   * Downloads weights, checks and keeps them, unless they are already kept and intact. An interrupted pull continues
   * where it stopped.
   *
   * @throws {OptionError} when no weights can be downloaded for a network of that name
   * @throws {Error} when the source does not deliver them
   * @throws `signal.reason` once the signal is aborted
   */
  pull(name: string, options?: PullOptions): Promise<PulledWeights>;
  /**
   * Keeps a weight file that the user picked. It is read, and checked, only when it is used.
   * @throws {Error} when the browser does not keep it
   */
  keep(name: string, file: Blob): Promise<void>;
  /** Removes weights, and what unfinished downloads of them have kept. */
  remove(name: string): Promise<void>;
}

export interface PulledWeights {
  /** A weight file, as `paint` takes it. */
  readonly weights: Blob;
  /** Why the browser does not keep the file, which is then the only copy; absent if it is kept. */
  readonly unkept?: string;
}

/** A weight file in memory. */
export interface WeightFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Hexadecimal; absent on insecure pages, where browsers do not compute it. */
  readonly sha256?: string;
  /** Why a downloaded file is not kept. */
  readonly unkept?: string;
}

export function weightStore({
  catalogue = weightCatalogue,
}: {
  readonly catalogue?: WeightCatalogue;
} = {}): WeightStore {
  const kept = keptFiles();
  return {
    names: Object.keys(catalogue),
    status: async (name) => ((await kept.has(name)) ? "kept" : "absent"),
    async pull(name, options) {
      const { bytes, unkept } = await obtain(name, { catalogue, ...options });
      return { weights: new Blob([bytes]), ...(unkept !== undefined && { unkept }) };
    },
    async keep(name, file) {
      await kept.write(name, ...(await hashed(file)));
    },
    async remove(name) {
      await kept.remove(name);
      const published = catalogue[name];
      if (published !== undefined) await forgetParts(published, kept);
    },
  };
}

/**
 * Gets a network's weights: the kept ones if they are intact, or else a download, which is kept if possible.
 *
 * @throws as `WeightStore.pull`; not for lack of room
 */
export async function obtain(
  name: string,
  {
    catalogue = weightCatalogue,
    ...options
  }: DownloadOptions & { readonly catalogue?: WeightCatalogue } = {},
): Promise<WeightFile> {
  const kept = keptFiles();
  const file = await kept.read(name);
  if (file?.sha256 !== undefined && (await sha256(file.bytes)) === file.sha256)
    return { bytes: file.bytes, sha256: file.sha256 };
  const published: PublishedWeights | undefined = Object.hasOwn(catalogue, name)
    ? catalogue[name]
    : undefined;
  if (published === undefined)
    throw new OptionError(
      `Expected a network whose weights can be downloaded (${Object.keys(catalogue).join(", ")}), got "${name}": ` +
        "pick a weight file.",
    );
  const bytes = await download(published, kept, options);
  const hash = await sha256(bytes);
  // Some browsers have no room for both the parts and the whole.
  await forgetParts(published, kept);
  try {
    await kept.write(name, bytes, hash);
    return { bytes, sha256: hash };
  } catch (error) {
    return { bytes, sha256: hash, unkept: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads a file's bytes and, if possible, computes their hash. */
export async function hashed(
  file: Blob,
): Promise<readonly [bytes: Uint8Array<ArrayBuffer>, sha256?: string]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return canHash() ? [bytes, await sha256(bytes)] : [bytes];
}
