import { createHash } from "node:crypto";
import type { Engine, Network, Picture } from "@brushwork/core";
import { checkOptions, either, type Kind, kinds } from "@brushwork/core/reading";
import { type NetworkName, networkNames } from "@brushwork/networks";
import type { Host } from "@brushwork/runs";
import type { EngineOptions } from "./engines/engine-entry.js";
import type { EngineName } from "./engines/engine-names.js";
import { candidatesFor, checkStartOptions, startFirst } from "./engines/engines.js";
import { loadNetwork } from "./networks.js";
import { readPicture } from "./pictures/read-picture.js";
import { weightStore } from "./weights/store.js";

/** A file's name, a file's bytes, or a picture. */
export type PictureSource = string | Uint8Array | Picture;

export interface NodeHostOptions {
  /** An engine that was started goes on running. @default "auto", the fastest that starts and has room */
  readonly engine?: EngineName | "auto" | Engine;
  /** For the engine that is started. */
  readonly engineOptions?: EngineOptions;
  /** Name of a weight file for the recipe's network. @default those that come with it, or were pulled */
  readonly weights?: string;
  /** A network that was loaded onto the engine, in place of the recipe's; it stays the caller's. */
  readonly network?: Network;
}

/** The kinds of a host's options. */
export const hostKinds: Readonly<Record<keyof NodeHostOptions, Kind>> = {
  engine: either(kinds.text, kinds.engine),
  engineOptions: kinds.record,
  weights: kinds.text,
  network: kinds.network,
};

/** What a run needs of this machine: its engines, networks and picture files. */
export function nodeHost(options: NodeHostOptions = {}): Host<PictureSource> {
  checkOptions("nodeHost", options, hostKinds);
  const { engine = "auto", engineOptions = {}, weights: file, network: loaded } = options;
  checkStartOptions(engineOptions);
  return {
    ...engineChoice(engine, engineOptions),
    networks: networkNames,
    async hasWeights(name) {
      if (file !== undefined || loaded !== undefined) return true;
      const store = weightStore();
      return !store.names.includes(name) || store.has(name);
    },
    async network({ name, weights: _, ...variant }) {
      if (loaded !== undefined) return { network: { ...loaded, dispose() {} } };
      const { network, sha256, weights } = await loadNetwork(name as NetworkName, {
        ...variant,
        ...(file !== undefined && { weights: file }),
      });
      return { network, weights, file: `sha256:${sha256}` };
    },
    picture: async (source, options) =>
      typeof source === "string" || source instanceof Uint8Array ? readPicture(source, options) : source,
    now: () => performance.now(),
    digest: async (bytes) => createHash("sha256").update(bytes).digest("hex"),
  };
}

function engineChoice(
  engine: EngineName | "auto" | Engine,
  options: EngineOptions,
): Pick<Host<PictureSource>, "engines" | "once" | "start"> {
  if (typeof engine !== "string")
    return { engines: [engine.name], once: true, start: async () => ({ ...engine, stop: async () => {} }) };
  return {
    engines: candidatesFor(engine),
    once: engine !== "auto",
    start: (names, onSkip) =>
      startFirst(names as readonly EngineName[], engine !== "auto", { ...options, onSkip }),
  };
}
