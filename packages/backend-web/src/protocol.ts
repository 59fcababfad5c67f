import { DeviceLost, Diverged, NoRoom, OptionError, type Picture, PluginError } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import type { RunEvent, StyleMasks } from "@brushwork/runs";
import type { EngineReport } from "./engine-names.js";
import type { LossSupport } from "./loss-description.js";
import type { WeightCatalogue } from "./weights/catalogue.js";

/** A picture file, or a picture. */
export type PictureSource = Blob | Picture;

/** A run as a message. */
export interface PaintJob {
  readonly content: PictureSource;
  readonly styles: readonly PictureSource[];
  readonly masks: readonly StyleMasks<PictureSource>[];
  readonly init?: PictureSource;
  readonly recipe: Recipe;
  readonly weights?: Blob;
  readonly catalogue?: WeightCatalogue;
  /** To be tried in this order. */
  readonly engines: readonly string[];
  readonly software: boolean;
  readonly previewEvery: number;
}

/** A message of the page to its worker. To abort, the page ends the worker. */
export type Request =
  | { readonly type: "engines" }
  | { readonly type: "losses" }
  | { readonly type: "check"; readonly recipe: Recipe }
  | { readonly type: "recipe"; readonly file: Blob }
  | { readonly type: "paint"; readonly job: PaintJob }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "stop" }
  | { readonly type: "weights"; readonly weights: Readonly<Record<string, number>> };

/** A message of the worker to its page. */
export type Reply =
  | { readonly type: "engines"; readonly engines: readonly EngineReport[] }
  | { readonly type: "losses"; readonly support: LossSupport }
  /** The recipe is valid. */
  | { readonly type: "checked" }
  /** The valid recipe of a picture file, if it carries one. */
  | { readonly type: "recipe"; readonly recipe: Recipe | undefined }
  | { readonly type: "event"; readonly event: RunEvent }
  /** The run is over, and everything it held is freed. */
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly error: ErrorData };

/** What errors carry besides their message. */
interface Details {
  readonly engine?: string;
  readonly longest?: number;
  readonly size?: number | readonly [width: number, height: number];
  readonly styleScale?: number;
  readonly problem?: string;
  readonly step?: number;
  readonly term?: string;
  readonly value?: number;
  readonly plugin?: string;
}

/** An error as plain data. */
export interface ErrorData extends Details {
  readonly name: string;
  readonly message: string;
}

/** The errors that stay what they are, by name: what each carries, and how it is made again. */
const kinds: Readonly<
  Record<string, { readonly carries?: readonly (keyof Details)[]; make(data: ErrorData): Error }>
> = {
  Error: { make: ({ message }) => new Error(message) },
  TypeError: { make: ({ message }) => new TypeError(message) },
  RangeError: { make: ({ message }) => new RangeError(message) },
  OptionError: { make: ({ message }) => new OptionError(message) },
  NoRoom: {
    carries: ["engine", "longest", "size", "styleScale", "problem"],
    make: ({ message, engine = "", longest = 0, ...details }) =>
      new NoRoom(message, { ...details, engine, longest }),
  },
  DeviceLost: {
    carries: ["engine"],
    make: ({ message, engine = "" }) => new DeviceLost(message, engine),
  },
  Diverged: {
    carries: ["step", "term", "value"],
    make: ({ step = 0, term, value = Number.NaN }) =>
      new Diverged({ step, value, ...(term !== undefined && { term }) }),
  },
  PluginError: {
    carries: ["plugin"],
    make: ({ message, plugin = "" }) => Object.assign(new PluginError(plugin, ""), { message }),
  },
};

export function dataOf(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const details = kindOf(name)?.carries?.map((key) => [key, (error as Details)[key]]) ?? [];
  return { name, message, ...Object.fromEntries(details) };
}

/** The error that data was made of, without its cause. */
export function errorOf(data: ErrorData): Error {
  const { name, message } = data;
  return kindOf(name)?.make(data) ?? Object.assign(new Error(message), { name });
}

function kindOf(name: string) {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}
