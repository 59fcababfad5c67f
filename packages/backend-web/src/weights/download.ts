import type { PublishedWeights } from "./catalogue.js";
import { canHash, gitSha1 } from "./hash.js";
import type { KeptFiles } from "./kept.js";
import { bytesOf, safetensorsHeader } from "./safetensors-header.js";

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** Progress of a download in bytes; what an interrupted one has kept counts as received. */
export interface DownloadProgress {
  readonly received: number;
  readonly total: number;
}

/** How often a file that fails is tried again. */
const retries = 2;

/**
 * Downloads published weights and joins them into one safetensors file. Each shard is checked against its hash and kept
 * until the last one is there, so that an interrupted download continues where it stopped.
 *
 * @throws {Error} when the source does not deliver them, or hashes cannot be computed here
 * @throws `signal.reason` once the signal is aborted
 */
export async function download(
  published: PublishedWeights,
  kept: KeptFiles,
  { signal, onProgress }: DownloadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (!canHash())
    throw new Error(
      "Downloads can be checked only on a secure page (https or localhost). Pick a weight file instead.",
    );
  const total = bytesOf(published.arrays);
  const header = safetensorsHeader(
    published.arrays,
    published.id === undefined ? {} : { weights: published.id },
  );
  const whole = new Uint8Array(header.length + total);
  whole.set(header);
  let received = 0;
  for (const [path, hash] of Object.entries(published.shards)) {
    const shard = await read(path, hash, (bytes) => onProgress?.({ received: received + bytes, total }));
    if (received + shard.length > total) throw wrongSize(total);
    whole.set(shard, header.length + received);
    received += shard.length;
    onProgress?.({ received, total });
  }
  if (received !== total) throw wrongSize(total);
  return whole;

  async function read(
    path: string,
    hash: string,
    onBytes: (bytes: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    const earlier = await kept.read(hash);
    if (earlier !== undefined && (await gitSha1(earlier.bytes)) === hash) return earlier.bytes;
    const address = new URL(path, published.base);
    const bytes = await fetchChecked(address, hash, { onBytes, ...(signal && { signal }) });
    // Without room the download goes on all the same; it only cannot be taken up again.
    await kept.write(hash, bytes).catch(() => {});
    return bytes;
  }
}

/** The hashes of the shards are right by now, so the catalogue is wrong. */
function wrongSize(total: number): RangeError {
  return new RangeError(
    `Expected the catalogue's shards to hold the ${total} bytes of its arrays, got another size.`,
  );
}

/** Removes the shards that downloads have kept. */
export async function forgetParts({ shards }: PublishedWeights, kept: KeptFiles): Promise<void> {
  for (const hash of Object.values(shards)) await kept.remove(hash);
}

async function fetchChecked(
  address: URL,
  hash: string,
  options: { readonly onBytes: (bytes: number) => void; readonly signal?: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  let trouble: unknown;
  for (let attempt = 0; attempt <= retries; attempt++)
    try {
      const bytes = await fetchBytes(address, options);
      const found = await gitSha1(bytes);
      if (found !== hash) throw new Error(`Its bytes are not the published ones (SHA-1 ${found}).`);
      return bytes;
    } catch (error) {
      options.signal?.throwIfAborted();
      trouble = error;
    }
  // Browsers describe a failed connection in a word or two, each in other words.
  const reason =
    trouble instanceof Error && !(trouble instanceof TypeError) ? trouble.message : "The connection failed.";
  throw new Error(
    `${address.host} did not deliver ${address.pathname.split("/").at(-1)}. ${reason} ` +
      "Check the connection and try again: the download continues where it stopped.",
    { cause: trouble },
  );
}

async function fetchBytes(
  address: URL,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal?: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address, { mode: "cors", credentials: "omit", ...(signal && { signal }) });
  if (!response.ok || response.body === null) throw new Error(`It answered ${response.status}.`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    length += next.value.length;
    onBytes(length);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
