import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { oneOf } from "@brushwork/core/reading";
import { type NamedArrays, readSafetensors, readWeights, writeSafetensors } from "@brushwork/networks";
import { type DownloadOptions, download } from "../downloads/download.js";
import { abandonedParts, claimPart } from "../downloads/part.js";
import { readBytes } from "../files/read-file.js";
import { unlessMissing } from "../files/unless-missing.js";
import { unlessHomeless } from "../files/user-folder.js";
import { writeFileAtomically } from "../files/write-file.js";
import { Remediable } from "../remediable.js";
import { cacheFolder, inCache } from "./cache.js";
import { type PublishedWeights, type WeightCatalogue, weightCatalogue } from "./catalogue.js";
import { formatRecord, notice, parseRecord, provenance, type WeightRecord } from "./record.js";

/** Weights that are downloaded once and kept in the user's cache folder. */
export interface WeightStore {
  /** The networks whose weights can be pulled. */
  readonly names: readonly string[];
  /** Where a network's weights are, or would be. */
  path(name: string): string;
  /** Whether a network's weights are there, intact or not. */
  has(name: string): Promise<boolean>;
  /** What is recorded of a network's weights, without a look at them; undefined: they were not pulled yet. */
  stored(name: string): Promise<WeightRecord | undefined>;
  list(): Promise<readonly ListedWeights[]>;
  /**
   * Downloads weights, unless they are there and intact. What an interrupted pull has received is not fetched again.
   *
   * @throws {Error} when no source gives them, or the cache folder cannot take them
   * @throws `signal.reason` once the signal is aborted
   */
  pull(name: string, options?: PullOptions): Promise<WeightRecord>;
  /**
   * Reads weights, float16 widened, after a check against their recorded hash.
   *
   * @throws {Error} when they are not there, or not as they were stored
   */
  load(name: string): Promise<LoadedWeights>;
  /** Checks weights as `load` does. */
  verify(name: string): Promise<WeightRecord>;
  /** Deletes weights, and what unfinished downloads of them have left. @returns whether there was anything */
  remove(name: string): Promise<boolean>;
}

export interface ListedWeights {
  readonly name: string;
  readonly path: string;
  readonly published: PublishedWeights;
  /** Absent: they were not pulled yet. */
  readonly stored: WeightRecord | undefined;
}

export interface PullOptions
  extends Pick<DownloadOptions, "signal" | "onProgress" | "onTrouble" | "retries" | "pauses"> {
  /** Stores float16, at half the size. */
  readonly half?: boolean;
  /** Asked in place of the published addresses; what they give has to be the published file all the same. */
  readonly sources?: readonly string[];
}

export interface LoadedWeights {
  readonly weights: NamedArrays;
  readonly record: WeightRecord;
}

/**
 * The weights in a cache folder. Each of the functions throws an OptionError when there is no network of the name.
 *
 * @param options `folder` is the user's cache folder unless given; the weights are in its folder "weights"
 */
export function weightStore({
  folder: given,
  catalogue = weightCatalogue,
}: {
  readonly folder?: string;
  readonly catalogue?: WeightCatalogue;
} = {}): WeightStore {
  const names = Object.keys(catalogue);
  // Asked for when it is needed: what paints with its own weights runs where there is no folder for any.
  const folder = () => given ?? cacheFolder();

  function published(name: string): PublishedWeights {
    return catalogue[oneOf(name, "the network", names)] as PublishedWeights;
  }

  function files(name: string) {
    published(name);
    const path = join(folder(), "weights", name);
    return {
      weights: `${path}.safetensors`,
      record: `${path}.json`,
      notice: `${path}.NOTICE.txt`,
      download: `${path}.download`,
    };
  }

  async function stored(name: string): Promise<WeightRecord | undefined> {
    const { record } = files(name);
    const text = await inCache(folder(), () => readFile(record, "utf8").catch(unlessMissing));
    return text === undefined ? undefined : parseRecord(text);
  }

  /** The weights' file, once it has been found to be what was stored. */
  async function checked(name: string) {
    const path = files(name).weights;
    const record = await stored(name);
    const pull = { kind: "pull weights", network: name, half: record?.half ?? false } as const;
    if (record === undefined)
      throw new Remediable(`Expected the weights of ${name} in ${path}, found none.`, {
        ...pull,
        again: false,
      });
    const again = { ...pull, again: true };
    const bytes = await readBytes(path, `the weights of ${name}`).catch((cause) => {
      throw new Remediable(cause.message, again, { cause });
    });
    if (bytes.length !== record.bytes)
      throw new Remediable(
        `Expected ${path} to have the ${record.bytes} bytes that were stored, got ${bytes.length}.`,
        again,
      );
    const found = sha256(bytes);
    if (found !== record.sha256)
      throw new Remediable(
        `Expected ${path} to be as it was stored, with the SHA-256 ${record.sha256}, got ${found}.`,
        again,
      );
    return { bytes, record };
  }

  async function place(name: string, weights: NamedArrays, half: boolean): Promise<WeightRecord> {
    const paths = files(name);
    const origin = provenance(name, published(name), { half });
    const file = writeSafetensors(weights, { half, metadata: origin });
    const record: WeightRecord = {
      provenance: origin,
      half,
      bytes: file.length,
      sha256: sha256(file),
      pulled: new Date().toISOString(),
    };
    await writeFileAtomically(paths.notice, utf8(notice(origin)));
    await writeFileAtomically(paths.weights, file);
    // Last: without its record a file does not count, so that a pull that is killed before leaves nothing half done.
    await writeFileAtomically(paths.record, utf8(formatRecord(record)));
    return record;
  }

  async function pull(name: string, { half = false, sources, ...options }: PullOptions = {}) {
    const entry = published(name);
    const present = await checked(name).catch(() => undefined);
    if (present?.record.half === half) return present.record;
    return inCache(folder(), async () => {
      await mkdir(join(folder(), "weights"), { recursive: true });
      const part = await claimPart(files(name).download);
      try {
        const bytes = await download({
          ...options,
          sources: sources ?? entry.sources,
          file: part.path,
          size: entry.bytes,
          md5: entry.md5,
        });
        const record = await place(name, await readWeights(bytes), half);
        await part.discard();
        return record;
      } catch (error) {
        await part.release();
        throw error;
      }
    });
  }

  return {
    names,
    path: (name) => files(name).weights,
    async has(name) {
      const path = unlessHomeless(() => files(name).weights);
      if (path === undefined) return false;
      return stat(path).then(
        () => true,
        (error) => unlessMissing(error) ?? false,
      );
    },
    stored,
    list: () =>
      Promise.all(
        names.map(async (name) => ({
          name,
          path: files(name).weights,
          published: published(name),
          stored: await stored(name),
        })),
      ),
    pull,
    async load(name) {
      const { bytes, record } = await checked(name);
      return { weights: readSafetensors(bytes), record };
    },
    async verify(name) {
      return (await checked(name)).record;
    },
    async remove(name) {
      const { weights, record, notice, download } = files(name);
      let found = false;
      await inCache(folder(), async () => {
        // The record first: without it the rest does not count.
        for (const path of [record, weights, notice, ...(await abandonedParts(download))])
          found = (await deleted(path)) || found;
      });
      return found;
    },
  };
}

/** @returns whether the file was there */
async function deleted(path: string): Promise<boolean> {
  return rm(path).then(
    () => true,
    (error) => unlessMissing(error) ?? false,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
