import { OptionError } from "@brushwork/core";
import { type PublishedWeights, type WeightCatalogue, weightCatalogue } from "./catalogue.js";
import { type DownloadOptions, type DownloadProgress, download, forgetParts } from "./download.js";
import { canHash, sha256 } from "./hash.js";
import { keptFiles } from "./kept.js";

export type { DownloadProgress };
export type PullOptions = DownloadOptions;

/** Networks' weights that the browser keeps for this site, each with its hash. */
export interface WeightStore {
  /** The networks whose weights can be downloaded. */
  readonly names: readonly string[];
  /** Whether there are weights, without a look at them. */
  status(name: string): Promise<"absent" | "kept">;
  /**
   * Downloads weights, checks them and keeps them, unless they are kept and intact. What an interrupted pull has
   * received is not fetched again.
   *
   * @throws {OptionError} when there are none to be downloaded for a network of that name
   * @throws {Error} when the source does not give them
   * @throws `signal.reason` once the signal is aborted
   */
  pull(name: string, options?: PullOptions): Promise<PulledWeights>;
  /**
   * Keeps a weight file that the user picked. What is in it shows when it is used.
   * @throws {Error} when the browser does not keep it
   */
  keep(name: string, file: Blob): Promise<void>;
  /** Forgets weights, and what unfinished downloads of them have left. */
  remove(name: string): Promise<void>;
}

export interface PulledWeights {
  /** A weight file, as `paint` takes it. */
  readonly weights: Blob;
  /** Why the browser does not keep it: for as long as the page is open, it is the only one. Absent: it is kept. */
  readonly unkept?: string;
}

/** What a network's weights are read from. */
export interface WeightFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Hexadecimal; absent on pages that are not secure, where no browser computes it. */
  readonly sha256?: string;
  /** Why it was downloaded and is not kept. */
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
 * A network's weights: those that are kept, if they are intact, or else downloaded, and kept where that can be.
 *
 * @throws as `WeightStore.pull`, but not for lack of room
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
  // Room for the parts and for the whole at once is more than some browsers give.
  await forgetParts(published, kept);
  try {
    await kept.write(name, bytes, hash);
    return { bytes, sha256: hash };
  } catch (error) {
    return { bytes, sha256: hash, unkept: error instanceof Error ? error.message : String(error) };
  }
}

/** A file's bytes and, where it can be computed, their hash. */
export async function hashed(
  file: Blob,
): Promise<readonly [bytes: Uint8Array<ArrayBuffer>, sha256?: string]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return canHash() ? [bytes, await sha256(bytes)] : [bytes];
}
