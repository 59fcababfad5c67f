import type { Json } from "./json.js";
import type { LossTerm } from "./loss.js";

/** A JSON Schema, draft 2020-12, as data. */
export type JsonSchema = { readonly [keyword: string]: Json };

/** A loss as its package offers it: the default export, a plain value that registers nothing. */
export interface LossPlugin {
  /** What recipes call it by: the package's name, such as `brushwork-loss-foo`. */
  readonly name: string;
  /** One line for lists. */
  readonly description?: string;
  /** Schema of the object that `create` takes, with a title, a default and a range for each option. */
  readonly options: JsonSchema;
  /**
   * The loss with its options, which fit the schema.
   * @throws {OptionError} when they cannot be together
   */
  create(options: { readonly [name: string]: Json }): LossTerm;
}
