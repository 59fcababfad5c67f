import type { Picture, Recipe } from "@brushwork/core";
import type { EngineName } from "./engine-names.js";

/** What happens while a picture is painted, in the order in which it happens. */
export type PaintEvent =
  /** "auto" leaves an engine out. */
  | { readonly type: "skipped"; readonly engine: EngineName; readonly reason: string }
  | { readonly type: "started"; readonly engine: EngineName; readonly device: string }
  /** The network's weights are being downloaded; in bytes. */
  | { readonly type: "pulling"; readonly loaded: number; readonly total: number }
  /** Weights were downloaded and cannot be kept for the next time. */
  | { readonly type: "unkept"; readonly reason: string }
  | {
      readonly type: "planned";
      /** Of the last scale, that is of the picture. */
      readonly width: number;
      readonly height: number;
      /** Of all scales. */
      readonly steps: number;
      readonly scales: readonly { readonly width: number; readonly height: number; readonly steps: number }[];
    }
  | {
      readonly type: "step";
      /** From 1 to `total`. */
      readonly index: number;
      readonly total: number;
      readonly width: number;
      readonly height: number;
      /** By term, weighted, and "total"; before this step's update. */
      readonly losses: Readonly<Record<string, number>>;
      /** What the step took. */
      readonly milliseconds: number;
    }
  /** The picture so far, after the step of that index. */
  | { readonly type: "preview"; readonly picture: Picture; readonly index: number }
  /** It waits, after the step of that index, until `resume` or `stop`. */
  | { readonly type: "paused"; readonly index: number }
  /** The last event. The recipe is of what was painted: weights, steps and all. */
  | {
      readonly type: "painted";
      readonly picture: Picture;
      readonly recipe: Recipe;
      readonly index: number;
      readonly total: number;
    };
