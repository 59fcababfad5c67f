import { createHash } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { unlessMissing } from "../files/unless-missing.js";
import { type Announcement, type Requests, requests } from "./request.js";
import { Trouble } from "./trouble.js";

export interface DownloadProgress {
  /** Bytes that are there, those of an earlier, interrupted download included. */
  readonly received: number;
  readonly total: number;
}

export interface DownloadOptions {
  /** Addresses of the same bytes, tried one after the other. */
  readonly sources: readonly string[];
  /** The file the bytes are gathered in. What it holds already is not fetched again. */
  readonly file: string;
  /** Bytes of the whole. Absent: as many as the source says. */
  readonly size?: number;
  /** MD5 of the whole file, hexadecimal. Absent: the one that the source states, if it does. */
  readonly md5?: string;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told, in one sentence, of each trouble that the download goes on after. */
  readonly onTrouble?: ((sentence: string) => void) | undefined;
  /** Further attempts at a source that gives no new byte. */
  readonly retries?: number;
  readonly pauses?: Pauses;
}

/** No source gives the file. */
export class NoSource extends Error {}

/** In milliseconds. */
interface Pauses {
  /** Before the second attempt; twice as long before each one after it. */
  readonly first: number;
  /** A source that asks to be left alone for longer is left. */
  readonly longest: number;
  /** Without a byte, after which a connection counts as cut. */
  readonly patience: number;
}

/**
 * Downloads a file, checks its size and hash, and goes on where an earlier attempt stopped.
 *
 * Whatever happens, `file` keeps what came, so that the next call goes on there; unless it turned out to be wrong.
 *
 * @returns the verified bytes
 * @throws {NoSource} when no source gives the file, with each one's reason; the file system's errors as they are
 * @throws `signal.reason` once the signal is aborted
 */
export async function download(options: DownloadOptions): Promise<Uint8Array> {
  const { sources, signal, onTrouble } = options;
  signal?.throwIfAborted();
  const connection = await requests();
  const troubles: string[] = [];
  try {
    for (const source of sources)
      try {
        return await downloadFrom(connection, source, options);
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        const trouble = `${new URL(source).host} ${error.message}`;
        troubles.push(trouble);
        if (troubles.length < sources.length) onTrouble?.(`${trouble}; trying the next source.`);
      }
  } finally {
    await connection.close();
  }
  throw new NoSource(
    `Expected a source to give ${new URL(sources[0] ?? "").pathname.split("/").at(-1)}, but ${troubles.join("; ")}. ` +
      "Check the connection, and HTTPS_PROXY behind a proxy; the next attempt goes on where this one stopped.",
  );
}

async function downloadFrom(
  connection: Requests,
  source: string,
  {
    file,
    size,
    md5,
    sha256,
    signal,
    onProgress,
    onTrouble,
    retries = 4,
    pauses = { first: 500, longest: 60_000, patience: 30_000 },
  }: DownloadOptions,
): Promise<Uint8Array> {
  let failures = 0;
  let longest = await length(file);
  let begunAfresh = false;
  let whole: Announcement | undefined = size === undefined ? undefined : { size, md5 };
  for (;;) {
    const offset = await length(file);
    try {
      const question = { source, patience: pauses.patience, signal };
      whole ??= await connection.announcement(question);
      const { size } = whole;
      if (offset < size)
        await connection.ask({ ...question, offset, size }, (reply) =>
          write(reply.bytes, { file, start: reply.start, size, onProgress }),
        );
      return await verified(file, { ...whole, sha256 });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.next === "elsewhere") throw error;
      if (error.next === "afresh") {
        await rm(file, { force: true });
        // What was there may have been at fault, but only once.
        if (begunAfresh || offset === 0) throw error;
        begunAfresh = true;
        continue;
      }
      const reached = await length(file);
      if (reached > longest) failures = 0;
      longest = Math.max(longest, reached);
      failures += 1;
      if (failures > retries || error.wait > pauses.longest) throw error;
      const wait = Math.max(error.wait, backOff(failures, pauses));
      onTrouble?.(`${new URL(source).host} ${error.message}; trying again in ${Math.ceil(wait / 1000)} s.`);
      await pause(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

async function write(
  bytes: AsyncIterable<Uint8Array>,
  {
    file,
    start,
    size,
    onProgress,
  }: { readonly start: number; readonly size: number } & Pick<DownloadOptions, "file" | "onProgress">,
): Promise<void> {
  const handle = await open(file, start > 0 ? "a" : "w");
  let received = start;
  try {
    onProgress?.({ received, total: size });
    for await (const chunk of bytes) {
      received += chunk.length;
      if (received > size) throw new Trouble(`gave more than the ${size} bytes there should be`, "afresh");
      await handle.writeFile(chunk);
      onProgress?.({ received, total: size });
    }
  } finally {
    await handle.close();
  }
}

const hashNames = { md5: "MD5", sha256: "SHA-256" };

async function verified(
  file: string,
  { size, ...hashes }: Announcement & { readonly sha256: string | undefined },
): Promise<Uint8Array> {
  const bytes = await readFile(file);
  if (bytes.length < size) throw new Trouble(`ended after ${bytes.length} of ${size} bytes`, "again");
  if (bytes.length > size) throw new Trouble(`has a file of ${size} bytes, fewer than are there`, "afresh");
  for (const algorithm of ["md5", "sha256"] as const) {
    const expected = hashes[algorithm];
    const found = expected && createHash(algorithm).update(bytes).digest("hex");
    if (found !== expected)
      throw new Trouble(`gave other bytes than were published (${hashNames[algorithm]} ${found})`, "afresh");
  }
  return bytes;
}

async function length(file: string): Promise<number> {
  return (await stat(file).catch(unlessMissing))?.size ?? 0;
}

/** Twice as long each time, and somewhat by chance, so that clients cut off together do not come back together. */
function backOff(failures: number, { first, longest }: Pauses): number {
  return Math.min(longest, first * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}
