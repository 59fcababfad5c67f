import type { Json } from "./json.js";
import type { LossTerm } from "./loss.js";

/** A JSON Schema, draft 2020-12, as data. */
export type JsonSchema = { readonly [keyword: string]: Json };

/**
 * A loss as its package offers it: the default export, a plain value whose import registers nothing.
 *
 * @example
 * const plugin: LossPlugin = {
 *   name: "brushwork-loss-foo",
 *   options: {
 *     type: "object",
 *     properties: { power: { title: "Power", type: "number", minimum: 1, default: 2 } },
 *     additionalProperties: false,
 *   },
 *   create: ({ power = 2 }) => fooLoss({ power: power as number }),
 * };
 * export default plugin;
 */
export interface LossPlugin {
  /** The name that recipes use: the package's name, such as `brushwork-loss-foo`. */
  readonly name: string;
  /** One line that describes the loss in lists. */
  readonly description?: string;
  /**
   * Schema of the object that `create` takes. Give each option a title, a default and a range. The weight is not one of
   * them: every term of a recipe has one.
   */
  readonly options: JsonSchema;
  /**
   * Makes the loss from options that fit the schema.
   * @throws {OptionError} when the options contradict each other
   */
  create(options: { readonly [name: string]: Json }): LossTerm;
}
