import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DownloadOptions, download, NoSource } from "../downloads/download.js";
import { claimPart } from "../downloads/part.js";
import { Remediable } from "../remediable.js";
import { cacheFolder, inCache } from "../weights/cache.js";
import { BadArchive, unpack } from "./archive.js";
import { buildTools, compileBinding, linkTensorflow } from "./binding.mjs";
import { bindingPath, type EnginePackage, packageFolder } from "./engine-packages.js";
import type { DownloadedFile } from "./installation.js";
import { checkTensorflowOffered } from "./surroundings.js";
import {
  type Archive,
  checkMirrors,
  gatheredIn,
  type TensorflowDownloads,
  tensorflowDownloads,
} from "./tensorflow-downloads.js";
import { tensorflowFiles } from "./tensorflow-files.js";

/** Far more than a binding has, which is half a megabyte. */
const bindingBytes = 2 ** 28;

/** How an installation is reported, stopped, and patient with sources. */
export interface Telling
  extends Pick<DownloadOptions, "signal" | "onProgress" | "onTrouble" | "retries" | "pauses"> {
  /** Told, in one sentence, of what begins. */
  readonly onStage?: ((sentence: string) => void) | undefined;
}

interface Options extends Telling {
  /** Where downloads are gathered. Absent: the user's. */
  readonly cache?: string | undefined;
  /** What was downloaded for the installation that is replaced. */
  readonly before: readonly DownloadedFile[];
}

/**
 * How TensorFlow and the binding get into a folder that has TensorFlow's package for Node: linked and compiled where
 * the user has a TensorFlow, else downloaded.
 *
 * @throws {Error} when neither is possible on this machine
 */
export async function tensorflowOf(
  { name, version, tensorflow }: EnginePackage & Required<Pick<EnginePackage, "tensorflow">>,
  { libtensorflow, ...options }: Options & { readonly libtensorflow: string | undefined },
): Promise<(folder: string) => Promise<readonly DownloadedFile[]>> {
  if (libtensorflow === undefined) {
    checkTensorflowOffered();
    checkMirrors();
    const downloads = tensorflowDownloads({ version, tensorflow });
    return (folder) =>
      downloaded(packageFolder(folder, name), downloads, options).catch((error) => {
        if (!(error instanceof NoSource || error instanceof BadArchive)) throw error;
        throw new Remediable(error.message, { kind: "name a TensorFlow" }, { cause: error });
      });
  }
  const files = await tensorflowFiles(libtensorflow);
  const headers = buildTools();
  return async (folder) => {
    const tfjsNode = packageFolder(folder, name);
    await linkTensorflow(tfjsNode, files);
    options.onStage?.("Compiling the binding.");
    await compileBinding(tfjsNode, headers, options.signal);
    return [];
  };
}

async function downloaded(
  tfjsNode: string,
  { library, binding }: TensorflowDownloads,
  options: Options,
): Promise<readonly DownloadedFile[]> {
  // The small one first: without it, the other may be fetched in vain.
  options.onStage?.("Downloading the binding.");
  const prebuilt = await fetched(binding, join(tfjsNode, bindingPath, ".."), {
    ...options,
    strip: 1,
    mostBytes: bindingBytes,
  }).catch((error) => {
    options.signal?.throwIfAborted();
    const instead = insteadOf(error);
    options.onTrouble?.(
      "The binding could not be downloaded; it will be compiled for the TensorFlow that comes next.",
    );
    return instead;
  });
  options.onStage?.("Downloading TensorFlow.");
  const files = [await fetched(library, join(tfjsNode, "deps"), options)];
  if (!existsSync(join(tfjsNode, "deps/lib/libtensorflow.so.2")))
    throw new BadArchive(`Expected ${library.source} to hold lib/libtensorflow.so.2, found none in it.`);
  if ("headers" in prebuilt) {
    options.onStage?.("Compiling the binding.");
    await compileBinding(tfjsNode, prebuilt.headers, options.signal);
    return files;
  }
  return [...files, prebuilt];
}

/** What compiling the binding takes, where it cannot be had. @throws that error, where this machine cannot compile */
function insteadOf(error: unknown): { readonly headers: string } {
  if (error instanceof BadArchive) throw error;
  try {
    return { headers: buildTools() };
  } catch {
    throw error;
  }
}

/** Downloads an archive and unpacks it into a folder. One whose hash nobody publishes has to stay the one it was. */
async function fetched(
  { source, sha256 }: Archive,
  folder: string,
  {
    cache = cacheFolder(),
    before,
    strip = 0,
    mostBytes,
    onStage: _,
    ...options
  }: Options & Parameters<typeof unpack>[2],
): Promise<DownloadedFile> {
  const gathered = gatheredIn(cache, source);
  const part = await inCache(cache, async () => {
    await mkdir(dirname(gathered), { recursive: true });
    return claimPart(gathered);
  });
  try {
    const bytes = await inCache(cache, () =>
      download({
        ...options,
        sources: [source],
        file: part.path,
        sha256: sha256 ?? before.find((file) => file.source === source)?.sha256,
      }),
    );
    const file = { source, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    await mkdir(folder, { recursive: true });
    await unpack(part.path, folder, { strip, ...(mostBytes !== undefined && { mostBytes }) }).catch(
      async (error) => {
        // What does not unpack is not worth going on with.
        await part.discard();
        throw error instanceof BadArchive ? withSource(error, source) : error;
      },
    );
    options.signal?.throwIfAborted();
    await part.discard();
    return file;
  } catch (error) {
    await part.release();
    throw error;
  }
}

function withSource(cause: BadArchive, source: string): BadArchive {
  return new BadArchive(`${cause.message} It came from ${source}, and was deleted.`, { cause });
}
