import { networkNames } from "@brushwork/networks";
import type { Host } from "@brushwork/runs";
import { startFirst } from "./engines/engines.js";
import { loadNetwork } from "./networks.js";
import type { PaintJob, PictureSource } from "./protocol.js";
import { readPicture } from "./read-picture.js";
import { keptFiles } from "./weights/kept.js";

/** Longer side up to which pictures keep their size; photographs are larger than anything that can be painted. */
const longestSide = 4096;

/**
 * What a run needs from the browser: engines, networks and pictures. An engine that failed is abandoned with its worker;
 * the next one starts in a new worker.
 */
export function webHost({
  engines,
  software,
  weights,
  catalogue,
}: Pick<PaintJob, "engines" | "software" | "weights" | "catalogue">): Host<PictureSource> {
  return {
    engines,
    once: true,
    start: (names, onSkip) => startFirst(names, { software }, onSkip),
    networks: networkNames,
    hasWeights: async (name) => weights !== undefined || name === "compact" || keptFiles().has(name),
    network: ({ name, weights: _, ...variant }, onProgress) =>
      loadNetwork(name, { ...variant, weights, catalogue, onProgress }),
    picture: async (source, { longest, onWarning }) =>
      source instanceof Blob
        ? readPicture(source, { longest: (own) => Math.min(longestSide, longest(own)), onWarning })
        : source,
    now: () => performance.now(),
  };
}
