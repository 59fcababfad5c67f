import { type EngineName, onEngine, type Precision, type StartOptions } from "@brushwork/backend-node";
import { NoRoom, plan, type Recipe, type StylizeOptions } from "@brushwork/core";
import { settings } from "@brushwork/recipes";
import { checkedOptions, mistakenOption } from "./failure.js";
import { knownNetwork, type NetworkChoice, networkOfRecipe } from "./network-of-recipe.js";
import type { OutputOptions, Outputs } from "./outputs.js";
import { paintTo } from "./paint-to.js";
import type { Progress } from "./progress.js";
import type { ReportOptions } from "./progress-of-options.js";

export interface MachineOptions {
  readonly engine?: EngineName | "auto";
  readonly threads?: number;
  readonly precision?: Precision;
}

/** What is painted, and where to. */
export interface Commission {
  readonly recipe: Recipe;
  readonly outputs: Outputs;
  /** Called once, when the recipe has been found to be possible. */
  readonly sources: () => Promise<Pick<StylizeOptions, "content" | "style" | "init">>;
}

/**
 * Paints by a recipe: starts the engine, loads the network, writes the pictures, and frees everything. Where "auto" has
 * chosen an engine that cannot do the first step, the next one takes over.
 *
 * @param signal whose reason is an Interruption; the picture so far is written then
 */
export async function runRecipe(
  { recipe, outputs, sources }: Commission,
  options: MachineOptions & NetworkChoice & OutputOptions & ReportOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const networkName = knownNetwork(recipe);
  checkedOptions(() => settings(recipe));
  const pictures = await sources();
  signal.throwIfAborted();

  const { engine: name = "auto", threads, precision, debug } = options;
  const told = new Set<string>();
  const tell = (sentence: string) => {
    if (!told.has(sentence)) progress.warned(sentence);
    told.add(sentence);
  };
  /** Of engines that "auto" passed over: told once another has taken over. */
  const skipped: string[] = [];
  const startOptions: StartOptions = {
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
    onSkip({ name, reason, started }) {
      // Once an engine has failed at the work, it matters what the faster ones lack that could have taken over.
      if (started || debug || skipped.length > 0) skipped.push(`Not on ${name}: ${reason}`);
    },
  };
  let begun = false;
  const painting = onEngine(name, startOptions, async function* (engine) {
    begun = true;
    const loaded = await networkOfRecipe(networkName, recipe, options, { ...progress, warned: tell });
    const { network } = loaded;
    try {
      signal.throwIfAborted();
      const run = { ...settings(loaded.recipe), ...pictures, engine, network };
      checkedOptions(() => plan(run));
      for (const sentence of skipped) tell(sentence);
      if (name === "auto" && engine.name === "wasm")
        tell("Painting on wasm, the slowest engine; `brushwork doctor` tells how to be faster.");
      // By name it would have been refused.
      if (precision === "fast" && engine.name !== "native")
        tell(`Painting in full precision: the engine ${engine.name} has no other.`);
      yield* paintTo(outputs, run, loaded.recipe, options, progress, signal);
    } finally {
      network.dispose();
    }
  });
  try {
    for await (const _ of painting);
  } catch (error) {
    // Ctrl-C also ends the processes that engines are tried in.
    if (!begun) signal.throwIfAborted();
    // Before an engine has started, a wrong value is one of its options; later, only the size can be.
    throw begun && !(error instanceof NoRoom) ? error : mistakenOption(error);
  }
}
