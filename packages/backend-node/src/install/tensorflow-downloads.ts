import { join } from "node:path";
import type { EnginePackage } from "./engine-packages.js";

export interface TensorflowDownloads {
  /** The archive of libtensorflow. */
  readonly library: string;
  /** The archive of the binding that was built for it. */
  readonly binding: string;
}

const libraryVersion = "2.9.1";

/**
 * The addresses of what TensorFlow offers for a machine. The variables that tfjs-node's own install script reads,
 * TFJS_NODE_CDN_STORAGE and TFJS_NODE_BASE_URI, name mirrors.
 */
export function tensorflowDownloads(
  { version, tensorflow = "cpu" }: EnginePackage,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TensorflowDownloads {
  const variable = (key: string) => environment[key] || environment[`npm_config_${key}`];
  const storage =
    variable("TFJS_NODE_CDN_STORAGE") || environment.CDN_STORAGE || "https://storage.googleapis.com/";
  const base = variable("TFJS_NODE_BASE_URI") || `${storage}tensorflow/libtensorflow/libtensorflow-`;
  return {
    library: `${base}${tensorflow}-linux-x86_64-${libraryVersion}.tar.gz`,
    binding: `${storage}tf-builds/pre-built-binary/napi-v8/${version}/${tensorflow.toUpperCase()}-linux-${version}.tar.gz`,
  };
}

/** The file that a download is gathered in, without the part that names its holder. */
export function gatheredIn(cache: string, source: string): string {
  return join(cache, "engines", new URL(source).pathname.split("/").at(-1) ?? "");
}
