import { quoted } from "./printable.js";

/** The caller's mistake: an option of the wrong type, out of its range, or naming something that does not exist. */
export class OptionError extends RangeError {
  override readonly name: string = "OptionError";
}

/** A picture is too small for a layer at the last scale. It says what would be large enough. */
export class TooSmall extends OptionError {
  /** The message without the remedy. */
  readonly problem: string;
  /** The smallest size, as in the options of a scale, that is large enough. */
  readonly size?: number | readonly [width: number, height: number];
  /** The smallest style scale that is large enough; present where the style is too small. */
  readonly styleScale?: number;

  constructor(problem: string, { size, styleScale }: Pick<TooSmall, "size" | "styleScale">) {
    const remedies = [
      ...(styleScale === undefined ? [] : [`a style scale of at least ${styleScale}`]),
      ...(size === undefined
        ? []
        : [`a size of at least ${typeof size === "number" ? size : size.join("×")}`]),
      "shallower layers",
    ];
    super(`${problem}: choose ${remedies.join(", or ")}.`);
    this.problem = problem;
    if (size !== undefined) this.size = size;
    if (styleScale !== undefined) this.styleScale = styleScale;
  }
}

/** What an error about too little memory knows. */
export interface RoomDetails {
  /** Name of the engine. */
  readonly engine: string;
  /** Longer side, in pixels, of the largest picture that fits; 0 where none is known to. */
  readonly longest: number;
  /** The size of the last scale at which the picture fits, as in the options of a scale. */
  readonly size?: number | readonly [width: number, height: number];
  /** The largest style scale that fits; present where the style's size is what does not fit. */
  readonly styleScale?: number;
  /** The message without the remedy. */
  readonly problem?: string;
}

/** The options of a run are valid, but its engine has too little memory for it. */
export class NoRoom extends RangeError implements RoomDetails {
  override readonly name = "NoRoom";
  readonly engine: string;
  readonly longest: number;
  readonly size?: number | readonly [width: number, height: number];
  readonly styleScale?: number;
  readonly problem?: string;

  constructor(message: string, details: RoomDetails, options?: { readonly cause?: unknown }) {
    super(message, options);
    const { engine, longest, size, styleScale, problem } = details;
    this.engine = engine;
    this.longest = longest;
    if (size !== undefined) this.size = size;
    if (styleScale !== undefined) this.styleScale = styleScale;
    if (problem !== undefined) this.problem = problem;
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
  /** The message without the remedy. */
  readonly problem: string;

  constructor({
    step,
    term,
    value,
  }: { readonly step: number; readonly term?: string; readonly value: number }) {
    const what = term === undefined ? "picture" : `loss ${quoted(term)}`;
    const problem = `The ${what} became ${value} at step ${step}`;
    super(`${problem}: lower the weights or the learning rate.`);
    this.problem = problem;
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
