import { quoted } from "./printable.js";

/** The caller's mistake: an option of the wrong type, out of its range, or naming something that does not exist. */
export class OptionError extends RangeError {
  override readonly name: string = "OptionError";
}

/** The options of a run are valid, but its engine has too little memory for it. */
export class NoRoom extends RangeError {
  override readonly name = "NoRoom";
  /** Name of the engine. */
  readonly engine: string;
  /** Longer side, in pixels, of the largest picture that fits. */
  readonly longest: number;

  constructor(message: string, { engine, longest }: { readonly engine: string; readonly longest: number }) {
    super(message);
    this.engine = engine;
    this.longest = longest;
  }
}

/** The device that the engine ran on is lost, with everything that was on it. */
export class DeviceLost extends Error {
  override readonly name = "DeviceLost";
  /** Name of the engine. */
  readonly engine: string;

  constructor(message: string, engine: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.engine = engine;
  }
}

/** A loss or the picture became NaN or infinite: from this step on there is nothing to see. */
export class Diverged extends Error {
  override readonly name = "Diverged";
  /** Name of the loss term, or "total"; absent when the picture itself is not finite. */
  readonly term?: string;
  /** Index of the step, from 1. */
  readonly step: number;
  /** NaN, Infinity or -Infinity. */
  readonly value: number;

  constructor({
    step,
    term,
    value,
  }: { readonly step: number; readonly term?: string; readonly value: number }) {
    const what = term === undefined ? "picture" : `loss ${quoted(term)}`;
    super(`The ${what} became ${value} at step ${step}: lower the weights or the learning rate.`);
    this.step = step;
    this.value = value;
    if (term !== undefined) this.term = term;
  }
}

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

/** An error's message, or whatever else was thrown, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
