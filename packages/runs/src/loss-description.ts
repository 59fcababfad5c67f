import type { JsonSchema, LossPlugin } from "@brushwork/core";
import { pluginsWith } from "./plugins.js";

/** A loss as data, without its code. */
export interface LossDescription {
  /** Name of the loss in recipes. */
  readonly name: string;
  /** One line, for lists. */
  readonly description?: string;
  /** JSON Schema of the options, with a title, a default and a range for each. */
  readonly options: JsonSchema;
}

/**
 * The losses that a recipe can name, ours and others, as data: their functions cannot be sent to another thread.
 * @throws {OptionError} when two have the same name, as a run with them does
 */
export function describedLosses(others: readonly LossPlugin[]): readonly LossDescription[] {
  return pluginsWith(others).map(({ name, description, options }) => ({
    name,
    ...(description !== undefined && { description }),
    options,
  }));
}
