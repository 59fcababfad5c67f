import type { Recipe } from "@brushwork/recipes";
import type { ErrorData, RunControls, RunEvent, StyleMasks } from "@brushwork/runs";
import type { MachineOptions } from "../run-recipe.js";

/** A picture that was ordered, as data that another process can be sent. Pictures are the bytes of their files. */
export interface Order {
  readonly content: Uint8Array;
  readonly styles: readonly Uint8Array[];
  /** In the order of the styles. */
  readonly masks: readonly StyleMasks<Uint8Array>[];
  readonly init?: Uint8Array;
  readonly recipe: Recipe;
  /** Whether the network compact may stand in for the recipe's. Absent: unless the recipe names its weights. */
  readonly standIn?: boolean;
  /** Milliseconds between previews. Absent: none. */
  readonly previewEvery?: number;
  /** The file of a checkpoint, which the run goes on from if it can be read. */
  readonly resume?: Uint8Array;
  readonly machine: MachineOptions;
}

/** What paints orders, one at a time. */
export interface Painter {
  /** @param keep keeps the file of a checkpoint, while the run waits. Absent: the run makes none. */
  paint(order: Order, keep?: (checkpoint: Uint8Array) => Promise<void>): OrderedRun;
  /** Ends whatever is running. */
  end(): Promise<void>;
}

/** A run: its events, once, and what can be done to it meanwhile. */
export interface OrderedRun extends AsyncIterable<RunEvent>, RunControls {
  /** Has a checkpoint kept after the next step, unless that is the last one. */
  checkpoint(): void;
  /** Ends the run at once, without a picture; the iteration throws. */
  abandon(): void;
}

/** A message to the process that paints. */
export type PainterRequest =
  /** `keeps`: whether checkpoints are wanted. */
  | { readonly type: "paint"; readonly order: Order; readonly keeps: boolean }
  | { readonly type: "pause" | "resume" | "stop" | "checkpoint" }
  /** The latest checkpoint is kept, or could not be. */
  | { readonly type: "kept" }
  | { readonly type: "weights"; readonly weights: Readonly<Record<string, number>> };

/** A message of the process that paints. */
export type PainterReply =
  | { readonly type: "event"; readonly event: RunEvent }
  /** The run waits until the checkpoint is kept. */
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly error: ErrorData };
