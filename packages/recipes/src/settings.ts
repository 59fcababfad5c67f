import {
  type AdamOptions,
  adam,
  averaged,
  clamped,
  type Json,
  type LossTerm,
  type Optimizer,
  type Recipe,
  type StylizeOptions,
} from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";

type Options = Readonly<Record<string, Json>>;

/** Reads an option from JSON. @throws {TypeError | RangeError} with a sentence on `what` it is */
type Reader = (value: Json, what: string) => unknown;

/** The options of a loss that compares layers. */
const readers = {
  layers: textList,
  layerWeights: numbersByName,
  reduction: oneOf("mean", "sum", "relative"),
};

const losses: Readonly<Record<string, (weight: number, options: Options) => LossTerm>> = {
  content: (weight, options) => contentLoss({ weight, ...read("content", options, readers) }),
  style: (weight, options) => styleLoss({ weight, ...read("style", options, readers) }),
  wasserstein: (weight, options) => wassersteinLoss({ weight, ...read("wasserstein", options, readers) }),
  tv: (weight, options) => tvLoss({ weight, ...read("tv", options, { reduction: oneOf("mean", "sum") }) }),
};

const optimizers: Readonly<Record<string, (options: Options) => Optimizer>> = {
  adam(options) {
    const { average, carry, clamp, ...rest } = read("adam", options, {
      learningRate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
      average: number,
      carry: oneOf("average", "image"),
      clamp: flag,
    });
    const rule: Optimizer = adam(rest satisfies AdamOptions);
    const bounded = clamp ? clamped(rule) : rule;
    // Recipes that do not say what is carried were painted when it was the image.
    return average ? averaged(bounded, { decay: average, carry: carry ?? "image" }) : bounded;
  },
};

/** The names of the losses that a recipe can name. */
export const lossNames: readonly string[] = Object.keys(losses);

/** The names of those that compare with the styles, the usual one first: what a style's weight is the weight of. */
export const styleLosses: readonly string[] = ["wasserstein", "style"];

/**
 * What `stylize` needs of a recipe: its losses, its optimizer, its sizes. The network and the pictures, the picture
 * it may start from included, are the caller's.
 *
 * @throws {TypeError | RangeError} when the recipe names a loss, an optimizer or an option that there is not, or
 * gives an option a value that it cannot have
 */
export function settings(
  recipe: Recipe,
): Required<Pick<StylizeOptions, "terms" | "optimizer" | "scales" | "styleScale" | "margin" | "seed">> {
  const { scales, styleScale, margin, seed } = recipe;
  return {
    terms: recipe.terms.map(({ name, weight, options }) => found("loss", losses, name)(weight, options)),
    optimizer: found("optimizer", optimizers, recipe.optimizer.name)(recipe.optimizer.options),
    scales,
    styleScale,
    margin,
    seed,
  };
}

function found<Value>(kind: string, table: Readonly<Record<string, Value>>, name: string): Value {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined)
    throw new RangeError(
      `Expected the recipe to name a known ${kind}, got ${JSON.stringify(name)}; there are ${Object.keys(table).join(", ")}.`,
    );
  return value;
}

function read<Readers extends Readonly<Record<string, Reader>>>(
  owner: string,
  options: Options,
  readersByName: Readers,
): { [Name in keyof Readers]?: ReturnType<Readers[Name]> } {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const reader = found(`option of "${owner}"`, readersByName, name);
      return [name, reader(value, `the recipe's option "${name}" of "${owner}"`)];
    }),
  ) as { [Name in keyof Readers]?: ReturnType<Readers[Name]> };
}

function number(value: Json, what: string): number {
  if (typeof value !== "number") throw wrongKind(what, "a number", value);
  return value;
}

function flag(value: Json, what: string): boolean {
  if (typeof value !== "boolean") throw wrongKind(what, "true or false", value);
  return value;
}

function text(value: Json, what: string): string {
  if (typeof value !== "string") throw wrongKind(what, "a text", value);
  return value;
}

function oneOf<Choice extends string>(...choices: readonly Choice[]) {
  return (value: Json, what: string): Choice => {
    const given = text(value, what);
    const found = choices.find((choice) => choice === given);
    if (found === undefined)
      throw new RangeError(`Expected ${what} to be ${choices.join(" or ")}, got ${JSON.stringify(given)}.`);
    return found;
  };
}

function textList(value: Json, what: string): readonly string[] {
  if (!Array.isArray(value)) throw wrongKind(what, "a list", value);
  return value.map((entry) => text(entry, `each entry of ${what}`));
}

function numbersByName(value: Json, what: string): Readonly<Record<string, number>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongKind(what, "an object", value);
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, number(entry, `${JSON.stringify(name)} in ${what}`)]),
  );
}

function wrongKind(what: string, expected: string, value: Json): TypeError {
  return new TypeError(`Expected ${what} to be ${expected}, got ${JSON.stringify(value)}.`);
}
