import { type PresetName, presets, type Recipe } from "@brushwork/recipes";
import { machine } from "#machine";

/** What visitors can choose about a run, as plain data for links. */
export interface Settings {
  readonly preset: PresetName;
  /** A painted picture whose recipe the other settings begin with, in place of the preset. */
  readonly opened: Opened | undefined;
  readonly network: NetworkName;
  /** One of the machine's, or "auto". */
  readonly engine: string;
  /** Below 0: more of the photograph; above 0: more of the painting. */
  readonly balance: number;
  /** Size of the style, in quarter octaves. */
  readonly strokes: number;
  /** Longer side in pixels. */
  readonly size: number;
  /** Number of steps of all scales together. */
  readonly steps: number;
  readonly smoothness: number;
  readonly colors: Colors;
  /** The photograph's share of the colours, in percent. */
  readonly colorStrength: number;
  /** Whether a size ends once it hardly changes any more: the steps are the most then. */
  readonly untilStable: "no" | "yes";
}

export interface Opened {
  /** Name of the picture's file; undefined where a link carries the recipe. */
  readonly title: string | undefined;
  readonly recipe: Recipe;
}

/** Whose colours a picture has: the painting's, the photograph's with the painting's lightness, or its palette. */
export type Colors = "painting" | "luma" | "match";

export type NetworkName = "compact" | "vgg19";

export const networkNames: readonly NetworkName[] = ["compact", "vgg19"];
export const presetNames = Object.keys(presets) as readonly PresetName[];
export const colorChoices: readonly Colors[] = ["painting", "luma", "match"];
export const yesOrNo: readonly Settings["untilStable"][] = ["no", "yes"];
export const engineChoices: readonly string[] = ["auto", ...machine.engines];

const engineTitles: Readonly<Record<string, string>> = {
  webgpu: "WebGPU",
  webgl: "WebGL",
  wasm: "WebAssembly",
  native: "TensorFlow",
  cuda: "TensorFlow on CUDA",
};

/** More paintings than anyone blends. */
export const mostPaintings = 4;

/** Name of an engine on the page. */
export function engineTitle(name: string): string {
  return engineTitles[name] ?? name;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const ranges = {
  balance: { min: -100, max: 100, step: 5 },
  strokes: { min: -8, max: 8, step: 1 },
  size: { min: 64, max: 1536, step: 32 },
  steps: { min: 3, max: 2000, step: 1 },
  smoothness: { min: 0, max: 100, step: 5 },
  colorStrength: { min: 0, max: 100, step: 5 },
} as const satisfies Readonly<Record<string, Range>>;

/** Positions of the slider for an added loss's weight, four for each power of ten, from a thousandth to a million. */
export const weightPlaces: Range = { min: -12, max: 24, step: 1 };

/** Positions of the slider for a painting's weight, from a hundredth to a hundred. */
export const blendPlaces: Range = { min: -8, max: 8, step: 1 };

/** The weight at a position of either slider. */
export function weightAt(place: number): number {
  return Number((10 ** (place / 4)).toPrecision(2));
}

/** The position of a weight on either slider. */
export function placeOfWeight(weight: number): number {
  return Math.round(4 * Math.log10(weight));
}

/** The largest size on the page's slider up to a limit; undefined if none fits. */
export function sizeWithin(longest = 0): number | undefined {
  const { min, max, step } = ranges.size;
  const size = Math.min(max, Math.floor(longest / step) * step);
  return size >= min ? size : undefined;
}

export const usualSettings: Settings = {
  preset: "default",
  opened: undefined,
  network: "compact",
  engine: "auto",
  balance: 0,
  strokes: 0,
  size: 512,
  steps: 95,
  smoothness: 50,
  colors: "painting",
  colorStrength: 100,
  untilStable: "no",
};
