import {
  type Additive,
  type Json,
  type LossPlugin,
  type LossTerm,
  messageOf,
  OptionError,
  PluginError,
} from "@brushwork/core";
import { quoted } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "./checked-options.js";

/**
 * A plugin's loss as a term of a run.
 *
 * @param term `name`: the term's name; `weight`: replaces the plugin's own; `options`: the options of the plugin
 * @throws {OptionError} when the options do not fit the plugin's schema
 * @throws {PluginError} when the plugin fails or does not make a loss term; also from the term's functions
 */
export function termOf(
  plugin: LossPlugin,
  term: {
    readonly name: string;
    readonly weight: number;
    readonly options: { readonly [name: string]: Json };
  },
): LossTerm {
  const made = created(plugin, term.options);
  const failed = (cause: unknown) => new PluginError(plugin.name, `failed: ${messageOf(cause)}`, { cause });
  return {
    name: term.name,
    weight: term.weight,
    layers: made.layers,
    ...(made.holdsContent === true && { holdsContent: true }),
    ...(made.masks === true && { masks: true }),
    ...(made.additive && { additive: additiveOf(made.additive, failed) }),
    ...(made.workingBytes && { workingBytes: guarded(made.workingBytes.bind(made), failed) }),
    prepare(sources) {
      let targets: ReturnType<LossTerm["prepare"]> | Promise<unknown>;
      try {
        targets = made.prepare(sources);
      } catch (cause) {
        throw failed(cause);
      }
      if (targets instanceof Promise)
        throw new PluginError(
          plugin.name,
          "has to prepare its targets synchronously, and returned a promise.",
        );
      return targets;
    },
    loss(features, targets) {
      let value: unknown;
      try {
        value = made.loss(features, targets);
      } catch (cause) {
        throw failed(cause);
      }
      if (!(value instanceof tf.Tensor) || value.rank !== 0)
        throw new PluginError(
          plugin.name,
          `has to return a scalar tensor, and returned ${value instanceof tf.Tensor ? `the shape [${value.shape}]` : kindOf(value)}.`,
        );
      return value as tf.Scalar;
    },
  };
}

type Failed = (cause: unknown) => PluginError;

/** The same, with the plugin's name in errors. */
function additiveOf(additive: Additive, failed: Failed): Additive {
  return {
    ...additive,
    measure: guarded(additive.measure.bind(additive), failed),
    score: guarded(additive.score.bind(additive), failed),
    ...(additive.prepare && { prepare: guarded(additive.prepare.bind(additive), failed) }),
  };
}

function guarded<Given extends unknown[], Result>(
  compute: (...given: Given) => Result,
  failed: Failed,
): (...given: Given) => Result {
  return (...given) => {
    try {
      return compute(...given);
    } catch (cause) {
      throw failed(cause);
    }
  };
}

/**
 * Checks that a value from outside is a loss plugin.
 * @throws {PluginError} when it is not
 */
export function checkPlugin(value: unknown, from: string): asserts value is LossPlugin {
  const { name, options, create } = (value ?? {}) as Partial<LossPlugin>;
  if (
    typeof name !== "string" ||
    name === "" ||
    typeof options !== "object" ||
    options === null ||
    Array.isArray(options) ||
    typeof create !== "function"
  )
    throw new PluginError(
      from,
      "is no loss plugin: its default export has to be an object with a name, a schema of its options and the function create.",
    );
}

function created(plugin: LossPlugin, options: { readonly [name: string]: Json }): LossTerm {
  try {
    checkOptions(`the loss ${quoted(plugin.name)}`, plugin.options, options);
    const made: unknown = plugin.create(options);
    checkTerm(plugin, made);
    return made;
  } catch (error) {
    if (error instanceof OptionError || error instanceof PluginError) throw error;
    // A plugin may use its own copy of core.
    if (error instanceof Error && error.name === "OptionError")
      throw new OptionError(`${error.message.replace(/\.$/, "")} (the loss ${quoted(plugin.name)}).`);
    throw new PluginError(plugin.name, `cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

function checkTerm(plugin: LossPlugin, made: unknown): asserts made is LossTerm {
  const { layers, prepare, loss } = (made ?? {}) as Partial<LossTerm>;
  const listed = Array.isArray(layers) && layers.every((layer) => typeof layer === "string");
  if (!listed || typeof prepare !== "function" || typeof loss !== "function")
    throw new PluginError(
      plugin.name,
      "has to make a loss term: an object with layers and the functions prepare and loss.",
    );
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  return value === null ? "null" : typeof value;
}
