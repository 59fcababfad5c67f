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

const libraryVersion = "2.9.1";

/**
 * What TensorFlow offers for a machine. The variables that tfjs-node's own install script reads,
 * TFJS_NODE_CDN_STORAGE and TFJS_NODE_BASE_URI, name mirrors; these have to give the same files.
 *
 * @throws {Error} when a mirror could be read or changed on the way: its address has to be https, or of this machine
 */
export function tensorflowDownloads(
  { version, tensorflow }: Required<Pick<EnginePackage, "version" | "tensorflow">>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TensorflowDownloads {
  const names = ["TFJS_NODE_CDN_STORAGE", "npm_config_TFJS_NODE_CDN_STORAGE", "CDN_STORAGE"];
  const storage = mirror(names, environment) ?? "https://storage.googleapis.com/";
  const base =
    mirror(["TFJS_NODE_BASE_URI", "npm_config_TFJS_NODE_BASE_URI"], environment) ??
    `${storage}tensorflow/libtensorflow/libtensorflow-`;
  const { kind, library, binding } = tensorflow;
  return {
    library: { source: `${base}${kind}-linux-x86_64-${libraryVersion}.tar.gz`, sha256: library },
    binding: {
      source: `${storage}tf-builds/pre-built-binary/napi-v8/${version}/${kind.toUpperCase()}-linux-${version}.tar.gz`,
      ...(binding !== undefined && { sha256: binding }),
    },
  };
}

/** The address in the first of some variables that is set. */
function mirror(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = names.find((each) => environment[each]);
  const address = name && environment[name];
  if (!address) return undefined;
  if (!isSafe(address))
    throw new Error(
      `Expected ${name} to be an address that begins with https://, or of this machine, got "${address}". ` +
        "Name another mirror, or unset it.",
    );
  return address;
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
