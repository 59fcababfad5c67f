import { basename } from "node:path";
import type { DownloadProgress, Installation } from "@brushwork/backend-node";
import { printable } from "@brushwork/core/reading";
import type { Recipe } from "@brushwork/recipes";
import { installedText, type PulledWeights, pulledText } from "./installed-text.js";
import { bytesText, numberText, secondsText } from "./quantities.js";

/** The names of the pictures that a run is made of. */
export interface PictureNames {
  readonly content: string;
  /** Absent where the content is all that there is. */
  readonly styles?: readonly string[];
}

/** A run that is about to begin. */
export interface RunStart extends PictureNames {
  readonly recipe: Recipe;
  readonly engine: string;
  readonly device: string;
  /** Size of the finished picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  /** Estimates; absent where there is none. */
  readonly bytes?: number;
  readonly seconds?: number;
  /** The number of tiles, and the memory that they stay within; absent where it is painted in one piece. */
  readonly tiles?: { readonly count: number; readonly memoryBytes: number };
}

/** A run that is only planned. */
interface RunPlan extends RunStart {
  readonly scales: readonly { readonly width: number; readonly height: number; readonly steps: number }[];
  /** Where the picture would go; "-" is the standard output. */
  readonly output: string;
}

/** A step that was done. */
export interface StepReport {
  readonly step: number;
  readonly total: number;
  readonly width: number;
  readonly height: number;
  /** By term, weighted, and "total". */
  readonly losses: Readonly<Record<string, number>>;
  readonly secondsPerStep: number;
  readonly secondsLeft: number;
}

/** A file that was written; "-" is the standard output. */
interface SavedFile {
  readonly path: string;
  /** Steps that were done, where the file is a picture. */
  readonly step?: number;
  readonly width?: number;
  readonly height?: number;
}

/** What became of a picture of a batch. */
interface PictureReport extends PictureNames {
  readonly output: string;
  /** "skipped": it is there already. */
  readonly outcome: "painted" | "skipped" | "failed";
  /** Why it failed. */
  readonly reason?: string;
}

/** What became of a batch. */
interface BatchReport {
  readonly folder: string;
  readonly total: number;
  readonly painted: number;
  readonly skipped: number;
  readonly failed: readonly { readonly output: string; readonly reason: string }[];
}

/** Reports runs, downloads and installations. */
export interface Progress {
  started(run: RunStart): void;
  /** What would begin, where nothing is to be painted. */
  planned(plan: RunPlan): void;
  /** Whether to report this step: its losses are read back from the device only then. */
  wants(step: { readonly index: number; readonly total: number }): boolean;
  stepped(report: StepReport): void;
  saved(file: SavedFile): void;
  warned(sentence: string): void;
  finished(run: { readonly steps: number; readonly seconds: number }): void;
  failed(sentence: string, exitCode: number): void;
  /** A picture of a batch has been dealt with. */
  ended(picture: PictureReport): void;
  summed(batch: BatchReport): void;
  /** What begins, where something has several parts. */
  began(sentence: string): void;
  /** Bytes of a download have arrived; fewer than before belong to the next download. */
  received(progress: DownloadProgress): void;
  pulled(weights: PulledWeights): void;
  installed(installation: Installation): void;
}

/** Where a line of progress goes. */
export type Write = (text: string) => void;

/** Only what went wrong. */
export function quietProgress(write: Write): Progress {
  const nothing = () => {};
  return {
    ...inLines(nothing),
    wants: () => false,
    stepped: nothing,
    received: nothing,
    ended: ({ reason, ...picture }) => reason !== undefined && write(failureLine(picture, reason)),
    failed: (sentence) => write(ownLine(sentence)),
  };
}

/** For people: all but steps and downloads, which are many and go by. */
export function inLines(write: Write): Omit<Progress, "wants" | "stepped" | "received"> {
  const line = (text: string) => write(`${printable(text)}\n`);
  return {
    started(run) {
      line(startText(run));
      if (run.tiles) line(tilesText(run.tiles));
    },
    planned: (plan) => line(planText(plan)),
    saved: (file) => line(savedText(file)),
    warned: (sentence) => write(ownLine(sentence)),
    finished: (run) => line(finishedText(run)),
    failed: (sentence) => write(ownLine(sentence)),
    ended({ content, styles = [], output, outcome, reason }) {
      if (outcome === "skipped") line(`${output} is there already.`);
      if (reason !== undefined) write(failureLine({ content, styles }, reason));
    },
    summed: (batch) => line(batchText(batch)),
    began: line,
    pulled: (weights) => line(pulledText(weights)),
    installed: (installation) => line(installedText(installation)),
  };
}

/** How the program speaks of itself, rather than of the run. */
export function ownLine(sentence: string): string {
  return `brushwork: ${printable(sentence)}\n`;
}

/** "photo.jpg in the style of monet.jpg, 512×341, 3 scales, 360 steps, compact on wasm, 2 threads: about 410 MiB and 40 s" */
export function startText({
  content,
  styles = [],
  recipe,
  engine,
  device,
  width,
  height,
  steps,
  bytes,
  seconds,
}: RunStart): string {
  const scales = recipe.scales.length;
  const what = [
    picturesText(content, styles),
    `${width}×${height}`,
    ...(scales > 1 ? [`${scales} scales`] : []),
    countText(steps),
    `${recipe.network.name} on ${engine}`,
    device,
  ].join(", ");
  const estimates = [
    ...(bytes === undefined ? [] : [bytesText(bytes)]),
    ...(seconds === undefined ? [] : [secondsText(seconds)]),
  ];
  return estimates.length === 0 ? what : `${what}: about ${estimates.join(" and ")}`;
}

/** "photo.jpg in the style of monet.jpg and turner.jpg" */
function picturesText(content: string, styles: readonly string[]): string {
  const [photograph, first, ...others] = [content, ...styles].map((name) => basename(name));
  if (first === undefined) return photograph ?? "";
  const more = others.length > 1 ? `${others.length} others` : others[0];
  return `${photograph} in the style of ${more === undefined ? first : `${first} and ${more}`}`;
}

/** The line of the start, one for each scale, and one for the output. */
function planText(plan: RunPlan): string {
  const output = plan.output === "-" ? "the standard output" : plan.output;
  return [
    startText(plan),
    ...(plan.tiles ? [tilesText(plan.tiles)] : []),
    ...plan.scales.map(({ width, height, steps }) => `  ${width}×${height}: ${countText(steps)}`),
    `Would write ${output}; nothing was painted.`,
  ].join("\n");
}

function countText(steps: number): string {
  return `${steps} ${steps === 1 ? "step" : "steps"}`;
}

function tilesText({ count, memoryBytes }: NonNullable<RunStart["tiles"]>): string {
  return `Painting in ${count} ${count === 1 ? "tile" : "tiles"} to stay within ${bytesText(memoryBytes)}`;
}

/** What is most worth knowing comes first: a narrow terminal cuts the end off. */
export function stepText(report: StepReport): string {
  const { step, total, width, height, losses, secondsPerStep, secondsLeft } = report;
  const digits = String(total).length;
  return [
    `${String(step).padStart(digits)}/${total}`,
    `${secondsText(secondsPerStep)}/step`,
    ...(step === total ? [] : [`${secondsText(secondsLeft)} left`]),
    ...Object.entries(losses).map(([name, loss]) => `${printable(name)} ${numberText(loss)}`),
    `${width}×${height}`,
  ].join("  ");
}

function savedText({ path, width, height }: SavedFile): string {
  const what = path === "-" ? "Wrote to the standard output" : `Wrote ${path}`;
  return width === undefined ? what : `${what}, ${width}×${height}`;
}

function failureLine({ content, styles = [] }: PictureNames, reason: string): string {
  return ownLine(`${picturesText(content, styles)} failed. ${reason}`);
}

/** A line that counts the pictures, and one for each that failed. */
function batchText({ folder, total, painted, skipped, failed }: BatchReport): string {
  const counts = [
    `${painted} painted`,
    ...(skipped > 0 ? [`${skipped} there already`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(painted + skipped + failed.length < total
      ? [`${total - painted - skipped - failed.length} left`]
      : []),
  ];
  const rows = failed.map(({ output, reason }) => `  ${output}: ${reason}`);
  return [`${folder}: ${counts.join(", ")}`, ...rows].join("\n");
}

function finishedText({ steps, seconds }: { readonly steps: number; readonly seconds: number }): string {
  return `${countText(steps)} in ${secondsText(seconds)}`;
}
