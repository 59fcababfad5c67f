import {
  adam,
  averaged,
  clamped,
  type Json,
  type JsonSchema,
  type LossPlugin,
  type LossTerm,
  lbfgs,
  type Optimizer,
  OptionError,
  type StylizeOptions,
} from "@brushwork/core";
import { lineSearches, quoted } from "@brushwork/core/reading";
import { parseRecipe, type Recipe, recipeLimits, termName } from "@brushwork/recipes";
import { checkOptions } from "./checked-options.js";
import { pluginsWith } from "./plugins.js";
import { termOf } from "./term-of.js";

/** An optimizer that a recipe can name. */
interface OptimizerEntry {
  readonly options: JsonSchema;
  create(options: { readonly [name: string]: Json }): Optimizer;
}

const optimizers: Readonly<Record<string, OptimizerEntry>> = {
  adam: {
    options: {
      type: "object",
      properties: {
        learningRate: { title: "Learning rate", type: "number", exclusiveMinimum: 0, default: 0.02 },
        beta1: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.9 },
        beta2: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.99 },
        epsilon: { type: "number", exclusiveMinimum: 0, default: 1e-8 },
      },
      additionalProperties: false,
    },
    create: adam,
  },
  lbfgs: {
    options: {
      type: "object",
      properties: {
        learningRate: { title: "Learning rate", type: "number", exclusiveMinimum: 0, default: 1 },
        history: { type: "integer", minimum: 1, maximum: recipeLimits.history, default: 10 },
        range: { type: "number", exclusiveMinimum: 0, default: 1 },
        lineSearch: { title: "Line search", enum: [...lineSearches], default: "none" },
      },
      additionalProperties: false,
    },
    create: lbfgs,
  },
};

/**
 * The options of `stylize` that follow from a recipe: its losses, its optimizer, its sizes. The caller adds the network
 * and the pictures, including one to start from.
 *
 * @param plugins losses that the recipe may name in addition to ours
 * @throws {OptionError} when the recipe names an unknown loss, optimizer or option, or gives an option an invalid value
 */
export function settings(
  recipe: Recipe,
  plugins: readonly LossPlugin[] = [],
): Required<
  Pick<StylizeOptions, "terms" | "optimizer" | "scales" | "fit" | "styleScale" | "margin" | "seed">
> &
  Pick<StylizeOptions, "untilStable"> {
  const checked = parseRecipe(recipe);
  const { scales, untilStable, fit, styleScale, margin, seed } = checked;
  const known = pluginsWith(plugins);
  return {
    terms: checked.terms.map((term) => termOfRecipe(term, known)),
    optimizer: optimizerOf(checked),
    scales,
    ...(untilStable !== undefined && { untilStable }),
    fit,
    styleScale,
    margin,
    seed,
  };
}

function termOfRecipe(term: Recipe["terms"][number], plugins: readonly LossPlugin[]): LossTerm {
  const plugin = plugins.find(({ name }) => name === term.loss);
  if (plugin === undefined)
    throw new OptionError(
      `Expected the recipe to name a known loss, got ${quoted(term.loss)}; ` +
        `there are ${plugins.map(({ name }) => name).join(", ")}.`,
    );
  const { weight, options, normalizeGradients = false } = term;
  const made = termOf(plugin, { name: termName(term), weight, options });
  return normalizeGradients ? { ...made, normalizeGradients } : made;
}

function optimizerOf({ optimizer: { name, options }, average, clamp }: Recipe): Optimizer {
  const entry = Object.hasOwn(optimizers, name) ? optimizers[name] : undefined;
  if (entry === undefined)
    throw new OptionError(
      `Expected the recipe to name a known optimizer, got ${quoted(name)}; ` +
        `there are ${Object.keys(optimizers).join(", ")}.`,
    );
  checkOptions(`the optimizer "${name}"`, entry.options, options);
  const rule = entry.create(options);
  if (clamp && rule.asks)
    throw new OptionError(
      `Expected a line search without clamping, which moves images off the line that is searched: set "clamp" to false.`,
    );
  const bounded = clamp ? clamped(rule) : rule;
  return average.decay > 0 ? averaged(bounded, average) : bounded;
}
