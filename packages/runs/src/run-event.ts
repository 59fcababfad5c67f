import type { Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import type { Checkpoint } from "./checkpoint.js";
import type { Remedy } from "./remedy.js";

/** Something that a run did differently from what it was asked to do. */
export type Notice =
  /** The weights of the network `wanted` are not available: `network`, which comes with its own, stands in for it. */
  | { readonly kind: "stand-in"; readonly network: string; readonly wanted: string }
  /** The recipe names weights other than those that were found: the picture will differ. */
  | {
      readonly kind: "other weights";
      readonly network: string;
      readonly wanted: string;
      readonly found: string;
    }
  /** The run goes on from a checkpoint of another engine, whose numbers are rounded otherwise. */
  | { readonly kind: "other engine"; readonly engine: string; readonly wanted: string }
  /** No checkpoint could be kept. `reason`: a sentence. */
  | { readonly kind: "no checkpoint"; readonly reason: string }
  /** Weights were downloaded, but cannot be kept for the next run. */
  | { readonly kind: "unkept"; readonly reason: string }
  /** A picture was read, but its file lacks something. `reason`: a sentence that names it. */
  | { readonly kind: "incomplete picture"; readonly reason: string }
  /** A loss or the image was no longer finite: the run goes on from an earlier image with half the learning rate. */
  | {
      readonly kind: "went back";
      /** What was not finite, and at which step: a sentence without its period. */
      readonly problem: string;
      /** Index of the step whose image the run goes on from; 0 for the one that it started from. */
      readonly to: number;
    }
  /**
   * The GPU cannot repeat the commands of a step, and gets them anew at each step: the picture is the same, and comes
   * later. `reason`: a few words that follow a colon.
   */
  | { readonly kind: "not repeated"; readonly reason: string }
  /** A mask has another shape than its picture, and is stretched over it. `style`: the number of its style, from 1. */
  | { readonly kind: "stretched mask"; readonly mask: "content" | "style"; readonly style: number }
  /** A scale is not painted, since a picture is too small for a layer there; the recipe of the run is without it. */
  | {
      readonly kind: "left out";
      /** Which picture is too small, and its size at that scale, in pixels. */
      readonly what: "content" | "style";
      readonly width: number;
      readonly height: number;
      /** The layer that needs more, and how many pixels it needs on the shorter side. */
      readonly layer: string;
      readonly least: number;
    };

/** An engine that is passed over for the next one. */
export interface SkippedEngine {
  readonly engine: string;
  /** What it lacks, or why it cannot do the work. */
  readonly reason: string;
  /** What the user can do about it, if the host knows. */
  readonly remedy?: Remedy;
}

/** An event of a run: plain data, which can be sent to another thread. */
export type RunEvent =
  /** `started`: the engine did start, but could not do the work. */
  | ({ readonly type: "skipped"; readonly started: boolean } & SkippedEngine)
  | { readonly type: "started"; readonly engine: string; readonly device: string }
  /** The network's weights are being downloaded; `received` and `total` are in bytes. */
  | { readonly type: "pulling"; readonly received: number; readonly total: number }
  | ({ readonly type: "notice" } & Notice)
  | {
      readonly type: "planned";
      /** The recipe that is painted, with the network and the weights that were found. */
      readonly recipe: Recipe;
      /** Size of the finished picture, in pixels. */
      readonly width: number;
      readonly height: number;
      /** Number of steps of all scales together. */
      readonly steps: number;
      readonly scales: readonly { readonly width: number; readonly height: number; readonly steps: number }[];
      /** Peak memory in bytes; absent where the network does not report its cost. */
      readonly bytes?: number;
      /** Floating-point operations of all steps; absent where the network does not report its cost. */
      readonly operations?: number;
      /** The number of tiles of the scale that has most, and the memory that they stay within; absent without tiles. */
      readonly tiles?: { readonly count: number; readonly memoryBytes: number };
    }
  | {
      readonly type: "step";
      /** From 1 to `total`. */
      readonly index: number;
      readonly total: number;
      /** Size of the picture at this step's scale, in pixels. */
      readonly width: number;
      readonly height: number;
      /** Weighted losses by term name, and "total", before this step's update; absent where they were not wanted. */
      readonly losses?: Readonly<Record<string, number>>;
      /** Time of a step at this scale, smoothed. */
      readonly secondsPerStep: number;
      /** Estimated time that the run still takes. */
      readonly secondsLeft: number;
    }
  | {
      readonly type: "picture";
      readonly picture: Picture;
      /** Number of completed steps; 0 for the picture that the run starts from. */
      readonly index: number;
      readonly total: number;
      /** The recipe of this picture: the completed steps, the weights in force. Absent where nothing is painted yet. */
      readonly recipe?: Recipe;
      /**
       * Why the picture comes: it was asked for; it is the last one, after all steps or after a stop; or the run has
       * failed, and this is the latest that was kept. No event follows `last`; the error follows `kept`.
       */
      readonly why: "asked" | "last" | "kept";
    }
  /** The run after the step with that index. It was asked for; the run waits until the next event is asked for. */
  | { readonly type: "checkpoint"; readonly checkpoint: Checkpoint; readonly index: number }
  /** The run waits, after the step with that index. */
  | { readonly type: "paused"; readonly index: number };
