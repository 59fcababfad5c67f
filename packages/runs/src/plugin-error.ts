/** A loss plugin did what none may. The sentence names it. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  /** Name of the plugin. */
  readonly plugin: string;

  constructor(plugin: string, what: string, options?: { readonly cause?: unknown }) {
    super(`The loss "${plugin}" ${what}`, options);
    this.plugin = plugin;
  }
}
