import { join } from "node:path";
import type { EnginePackage } from "./engine-packages.js";

/** A file to download. */
export interface Archive {
  readonly source: string;
  /** SHA-256, hexadecimal; absent where it is not known beforehand. */
  readonly sha256?: string;
}

export interface TensorflowDownloads {
  /** The archive of libtensorflow. */
  readonly library: Archive;
  /** The archive of the binding that was built for it. */
  readonly binding: Archive;
}

/** The variables that name mirrors; of several that are set, the first counts. */
const variables = {
  storage: ["TFJS_NODE_CDN_STORAGE", "npm_config_TFJS_NODE_CDN_STORAGE", "CDN_STORAGE"],
  base: ["TFJS_NODE_BASE_URI", "npm_config_TFJS_NODE_BASE_URI"],
};

const libraryVersion = "2.9.1";

/**
 * What TensorFlow offers for a machine. The variables that tfjs-node's own install script reads,
 * TFJS_NODE_CDN_STORAGE and TFJS_NODE_BASE_URI, name mirrors; these have to give the same files.
 */
export function tensorflowDownloads(
  { version, tensorflow }: Required<Pick<EnginePackage, "version" | "tensorflow">>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TensorflowDownloads {
  const storage = mirror(variables.storage, environment)?.address ?? "https://storage.googleapis.com/";
  const base =
    mirror(variables.base, environment)?.address ?? `${storage}tensorflow/libtensorflow/libtensorflow-`;
  const { kind, library, binding } = tensorflow;
  return {
    library: { source: `${base}${kind}-linux-x86_64-${libraryVersion}.tar.gz`, sha256: library },
    binding: {
      source: `${storage}tf-builds/pre-built-binary/napi-v8/${version}/${kind.toUpperCase()}-linux-${version}.tar.gz`,
      ...(binding !== undefined && { sha256: binding }),
    },
  };
}

/** @throws {Error} when what a mirror gives could be changed on the way: it has to have https, or be this machine */
export function checkMirrors(environment: Readonly<Record<string, string | undefined>> = process.env): void {
  for (const names of Object.values(variables)) {
    const found = mirror(names, environment);
    if (found !== undefined && !isSafe(found.address))
      throw new Error(
        `Expected ${found.name} to be an address that begins with https://, or of this machine, ` +
          `got "${found.address}". Name another mirror, or unset it.`,
      );
  }
}

/** The first of some variables that is set. */
function mirror(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly address: string } | undefined {
  const [found] = names.flatMap((name) => {
    const address = environment[name];
    return address ? [{ name, address }] : [];
  });
  return found;
}

function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (protocol === "http:" && isThisMachine(hostname));
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The file that a download is gathered in, without the part that names its holder. */
export function gatheredIn(cache: string, source: string): string {
  return join(cache, "engines", new URL(source).pathname.split("/").at(-1) ?? "");
}
