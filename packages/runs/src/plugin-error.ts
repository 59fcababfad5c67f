import { quoted } from "@brushwork/core/reading";

/** A loss plugin failed or broke the rules for plugins. The message names it. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  /** Name of the plugin. */
  readonly plugin: string;

  constructor(plugin: string, what: string, options?: { readonly cause?: unknown }) {
    super(`The loss ${quoted(plugin)} ${what}`, options);
    this.plugin = plugin;
  }
}
