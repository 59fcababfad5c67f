import type { Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** Something that a run did otherwise than it was asked to. */
export type Notice =
  /** The weights of the network `wanted` are not here: the network that brings its own takes its place. */
  | { readonly kind: "stand-in"; readonly network: string; readonly wanted: string }
  /** The recipe names other weights than those that were found: the picture will differ. */
  | {
      readonly kind: "other weights";
      readonly network: string;
      readonly wanted: string;
      readonly found: string;
    }
  /** Weights were downloaded and cannot be kept for the next time. */
  | { readonly kind: "unkept"; readonly reason: string };

/** What happens in a run, in the order in which it happens; plain data that can be sent elsewhere. */
export type RunEvent =
  /** An engine that is left out for the next one; `started`: it ran, but could not do the work. */
  | { readonly type: "skipped"; readonly engine: string; readonly reason: string; readonly started: boolean }
  | { readonly type: "started"; readonly engine: string; readonly device: string }
  /** The network's weights are being downloaded; in bytes. */
  | { readonly type: "pulling"; readonly loaded: number; readonly total: number }
  | ({ readonly type: "notice" } & Notice)
  | {
      readonly type: "planned";
      /** What is painted: the network and the weights that were found included. */
      readonly recipe: Recipe;
      /** Size of the finished picture, in pixels. */
      readonly width: number;
      readonly height: number;
      /** Steps of all scales together. */
      readonly steps: number;
      readonly scales: readonly { readonly width: number; readonly height: number; readonly steps: number }[];
      /** Bytes at the worst moment; absent where the network cannot tell. */
      readonly bytes?: number;
      /** Floating-point operations of all steps; absent where the network cannot tell. */
      readonly operations?: number;
    }
  | {
      readonly type: "step";
      /** From 1 to `total`. */
      readonly index: number;
      readonly total: number;
      /** Size of the picture at this step's scale, in pixels. */
      readonly width: number;
      readonly height: number;
      /** By term, weighted, and "total", before this step's update; absent where they were not wanted. */
      readonly losses?: Readonly<Record<string, number>>;
      /** Time of a step at this scale, smoothed. */
      readonly secondsPerStep: number;
      readonly secondsLeft: number;
    }
  | {
      readonly type: "picture";
      readonly picture: Picture;
      /** Steps that were done; 0: what the run starts from. */
      readonly index: number;
      readonly total: number;
      /** What paints this very picture: its steps, the weights in force. Absent where nothing was painted yet. */
      readonly recipe?: Recipe;
      /**
       * Why it comes: it was asked for; it is the last, after all steps or after a stop; or the run has failed, and this
       * is the latest that was kept. After `last` there are no more events, after `kept` the error.
       */
      readonly why: "asked" | "last" | "kept";
    }
  /** The run waits, after the step of that index. */
  | { readonly type: "paused"; readonly index: number };
