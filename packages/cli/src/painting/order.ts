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
  /** Milliseconds between previews. */
  readonly previewEvery: number;
  readonly machine: MachineOptions;
}

/** What paints orders, one at a time. */
export interface Painter {
  paint(order: Order): OrderedRun;
  /** Ends whatever is running. */
  end(): Promise<void>;
}

/** A run: its events, once, and what can be done to it meanwhile. */
export interface OrderedRun extends AsyncIterable<RunEvent>, RunControls {
  /** Ends the run at once, without a picture; the iteration throws. */
  abandon(): void;
}

/** A message to the process that paints. */
export type PainterRequest =
  | { readonly type: "paint"; readonly order: Order }
  | { readonly type: "pause" | "resume" | "stop" }
  | { readonly type: "weights"; readonly weights: Readonly<Record<string, number>> };

/** A message of the process that paints. */
export type PainterReply =
  | { readonly type: "event"; readonly event: RunEvent }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly error: ErrorData };
