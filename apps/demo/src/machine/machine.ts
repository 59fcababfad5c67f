import type { LossSupport, PaintedStyle, Painting } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** What the page paints on: this browser, or the machine of a server. */
export interface Machine {
  readonly kind: "browser" | "server";
  /** The engines that it may have, by name, fastest first. */
  readonly engines: readonly string[];
  /** As `paint` of @brushwork/backend-web does. */
  paint(run: MachineRun): Painting;
  engineReports(): Promise<readonly FoundEngine[]>;
  lossSupport(): Promise<LossSupport>;
  checkRecipe(recipe: Recipe): Promise<void>;
  readRecipe(file: File): Promise<Recipe | undefined>;
  /** Whether VGG-19's weights are there without a download. */
  hasWeights(): Promise<boolean>;
}

/** Whether an engine can run. */
export interface FoundEngine {
  readonly name: string;
  readonly available: boolean;
  /** Why it is not available. */
  readonly reason?: string;
}

/** What is painted, and how. */
export interface MachineRun {
  readonly content: Picture;
  readonly style: readonly PaintedStyle[];
  /** Their titles. */
  readonly photograph: string;
  readonly painting: string;
  readonly recipe: Recipe;
  /** One of the machine's, or "auto". */
  readonly engine: string;
  /** VGG-19's weights, where the browser does not keep them. */
  readonly weights?: Blob;
  /** Milliseconds between previews. */
  readonly previewEvery: number;
  readonly signal?: AbortSignal;
  /** Called with the number of pictures of others that are painted first. */
  onWaiting(before: number): void;
}
