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

type Options = Readonly<Record<string, Json>>;

/** How each option of a loss or an optimizer is read from JSON. */
const readers = {
  layers: textList,
  layerWeights: numbersByName,
  reduction: (value: Json) => oneOf(value, ["mean", "sum"] as const),
};

const losses: Readonly<Record<string, (weight: number, options: Options) => LossTerm>> = {
  content: (weight, options) => contentLoss({ weight, ...read("content", options, readers) }),
  style: (weight, options) => styleLoss({ weight, ...read("style", options, readers) }),
  tv: (weight, options) => tvLoss({ weight, ...read("tv", options, { reduction: readers.reduction }) }),
};

const optimizers: Readonly<Record<string, (options: Options) => Optimizer>> = {
  adam(options) {
    const { average, clamp, ...rest } = read("adam", options, {
      learningRate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
      average: number,
      clamp: flag,
    });
    const rule: Optimizer = adam(rest satisfies AdamOptions);
    const bounded = clamp ? clamped(rule) : rule;
    return average ? averaged(bounded, { decay: average }) : bounded;
  },
};

/** The names of the losses that a recipe can name. */
export const lossNames: readonly string[] = Object.keys(losses);

/**
 * What `stylize` needs of a recipe: its losses, its optimizer, its sizes. The network and the pictures, the picture
 * it may start from included, are the caller's.
 *
 * @throws {TypeError | RangeError} when the recipe names a loss, an optimizer or an option that there is not
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
      `Expected the recipe to name a known ${kind}, got "${name}"; there are ${Object.keys(table).join(", ")}.`,
    );
  return value;
}

function read<Readers extends Readonly<Record<string, (value: Json) => unknown>>>(
  owner: string,
  options: Options,
  readersByName: Readers,
): { [Name in keyof Readers]?: ReturnType<Readers[Name]> } {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const reader = found(`option of "${owner}"`, readersByName, name);
      try {
        return [name, reader(value)];
      } catch (cause) {
        throw new TypeError(
          `Expected a fitting value for the recipe's option "${name}" of "${owner}", got ${JSON.stringify(value)}.`,
          { cause },
        );
      }
    }),
  ) as { [Name in keyof Readers]?: ReturnType<Readers[Name]> };
}

function number(value: Json): number {
  if (typeof value !== "number") throw new TypeError("Expected a number.");
  return value;
}

function flag(value: Json): boolean {
  if (typeof value !== "boolean") throw new TypeError("Expected true or false.");
  return value;
}

function text(value: Json): string {
  if (typeof value !== "string") throw new TypeError("Expected text.");
  return value;
}

function oneOf<Choice extends string>(value: Json, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new TypeError(`Expected one of ${choices.join(", ")}.`);
  return choice;
}

function textList(value: Json): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError("Expected a list.");
  return value.map(text);
}

function numbersByName(value: Json): Readonly<Record<string, number>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("Expected an object.");
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, number(entry)]));
}
