import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DownloadOptions, download } from "../downloads/download.js";
import { claimPart } from "../downloads/part.js";
import { inCache } from "../weights/cache.js";
import { BadArchive, unpack } from "./archive.js";
import { buildTools, compileBinding, linkTensorflow } from "./binding.mjs";
import { bindingPath, type EnginePackage } from "./engine-packages.js";
import type { DownloadedFile } from "./installation.js";
import { checkTensorflowOffered } from "./surroundings.js";
import { gatheredIn, tensorflowDownloads } from "./tensorflow-downloads.js";
import { tensorflowFiles } from "./tensorflow-files.js";

const otherwise = "name a TensorFlow that is there with --libtensorflow FOLDER";

/** How an installation is reported, stopped, and patient with sources. */
export interface Telling
  extends Pick<DownloadOptions, "signal" | "onProgress" | "onTrouble" | "retries" | "pauses"> {
  /** Told, in one sentence, of what begins. */
  readonly onStage?: ((sentence: string) => void) | undefined;
}

interface Options extends Telling {
  /** Where downloads are gathered. */
  readonly cache: string;
}

/**
 * How TensorFlow and the binding get into a folder that has TensorFlow's package for Node: linked and compiled where
 * the user has a TensorFlow, else downloaded.
 *
 * @throws {Error} when neither is possible on this machine
 */
export async function tensorflowOf(
  entry: EnginePackage,
  { libtensorflow, ...options }: Options & { readonly libtensorflow: string | undefined },
): Promise<(folder: string) => Promise<readonly DownloadedFile[]>> {
  const packageIn = (folder: string) => join(folder, "node_modules", entry.name);
  if (libtensorflow === undefined) {
    checkTensorflowOffered();
    return (folder) => downloaded(packageIn(folder), entry, options);
  }
  const files = await tensorflowFiles(libtensorflow);
  const headers = buildTools();
  return async (folder) => {
    const tfjsNode = packageIn(folder);
    await linkTensorflow(tfjsNode, files);
    options.onStage?.("Compiling the binding.");
    await compileBinding(tfjsNode, headers, options.signal);
    return [];
  };
}

async function downloaded(
  tfjsNode: string,
  entry: EnginePackage,
  options: Options,
): Promise<readonly DownloadedFile[]> {
  const { library, binding } = tensorflowDownloads(entry);
  // The small one first: without it, the other may be fetched in vain.
  options.onStage?.("Downloading the binding.");
  const prebuilt = await fetched(binding, join(tfjsNode, bindingPath, ".."), { ...options, strip: 1 }).catch(
    (error) => {
      options.signal?.throwIfAborted();
      const instead = insteadOf(error);
      options.onTrouble?.(
        "The binding could not be downloaded; it will be compiled for the TensorFlow that comes next.",
      );
      return instead;
    },
  );
  options.onStage?.("Downloading TensorFlow.");
  const files = [await fetched(library, join(tfjsNode, "deps"), options)];
  if (!existsSync(join(tfjsNode, "deps/lib/libtensorflow.so.2")))
    throw new Error(
      `Expected ${library} to hold lib/libtensorflow.so.2, found none in it. Name another source or a folder.`,
    );
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

/** Downloads an archive and unpacks it into a folder. */
async function fetched(
  source: string,
  folder: string,
  { cache, strip = 0, onStage: _, ...options }: Options & { readonly strip?: number },
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
        otherwise: `or ${otherwise}`,
      }),
    );
    const file = { source, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    await mkdir(folder, { recursive: true });
    await unpack(part.path, folder, { strip }).catch(async (error) => {
      // What does not unpack is not worth going on with.
      await part.discard();
      throw error instanceof BadArchive ? withSource(error, source) : error;
    });
    options.signal?.throwIfAborted();
    await part.discard();
    return file;
  } catch (error) {
    await part.release();
    throw error;
  }
}

function withSource(cause: BadArchive, source: string): BadArchive {
  return new BadArchive(
    `${cause.message} It came from ${source}, and was deleted: try again, or ${otherwise}.`,
    { cause },
  );
}
