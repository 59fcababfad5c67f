import type { Installation, InstalledEngine, WeightRecord } from "@brushwork/backend-node";
import { bytesText } from "./quantities.js";

/** Weights that are in the cache now. */
export interface PulledWeights {
  readonly path: string;
  readonly record: WeightRecord;
}

/** Where weights are, and whom to thank. */
export function pulledText({ path, record: { bytes, sha256, provenance } }: PulledWeights): string {
  return [
    `The weights are in ${path}, ${bytesText(bytes)}, SHA-256 ${sha256}.`,
    `${provenance.attribution}.`,
    `Licence: ${provenance.licence}. It is kept beside them.`,
  ].join("\n");
}

/** What an engine is, where, and of what files. */
export function installedText({ engine, unchanged, warning }: Installation): string {
  const { name, folder, downloads } = engine;
  const state = [
    "installed",
    ...(unchanged ? ["already"] : []),
    ...(warning === undefined ? ["and runs"] : []),
  ];
  return [
    `The engine ${name} is ${state.join(" ")}: ${contentText(engine)}, in ${folder}.${unchanged ? " --force installs it again." : ""}`,
    ...(unchanged ? [] : downloads.map(({ source, sha256 }) => `${source}\n  SHA-256 ${sha256}`)),
  ].join("\n");
}

/** "@tensorflow/tfjs-node 4.22.0 on TensorFlow 2.9.1" */
export function contentText({ package: name, version, tensorflow, libtensorflow }: InstalledEngine): string {
  return [
    `${name} ${version}`,
    ...(tensorflow === undefined ? [] : [` on TensorFlow ${tensorflow}`]),
    ...(libtensorflow === undefined ? [] : [`, linked to ${libtensorflow}`]),
  ].join("");
}
