import type { Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import type { ErrorData, RunEvent, StyleMasks } from "@brushwork/runs";
import type { EngineReport } from "./engine-names.js";
import type { LossSupport } from "./losses-and-layers.js";
import type { WeightCatalogue } from "./weights/catalogue.js";

/** A picture file, or a picture. */
export type PictureSource = Blob | Picture;

/** A run as a message. */
export interface PaintJob {
  readonly content: PictureSource;
  readonly styles: readonly PictureSource[];
  readonly masks: readonly StyleMasks<PictureSource>[];
  readonly init?: PictureSource;
  readonly recipe: Recipe;
  readonly weights?: Blob;
  readonly catalogue?: WeightCatalogue;
  /** To be tried in this order. */
  readonly engines: readonly string[];
  readonly software: boolean;
  readonly previewEvery: number;
}

/** A message of the page to its worker. To abort, the page ends the worker. */
export type Request =
  | { readonly type: "engines" }
  | { readonly type: "losses" }
  | { readonly type: "check"; readonly recipe: Recipe }
  | { readonly type: "recipe"; readonly file: Blob }
  | { readonly type: "paint"; readonly job: PaintJob }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "stop" }
  | { readonly type: "weights"; readonly weights: Readonly<Record<string, number>> };

/** A message of the worker to its page. */
export type Reply =
  | { readonly type: "engines"; readonly engines: readonly EngineReport[] }
  | { readonly type: "losses"; readonly support: LossSupport }
  /** The recipe is valid. */
  | { readonly type: "checked" }
  /** The valid recipe of a picture file, if it carries one. */
  | { readonly type: "recipe"; readonly recipe: Recipe | undefined }
  | { readonly type: "event"; readonly event: RunEvent }
  /** The run is over, and everything it held is freed. */
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly error: ErrorData };
