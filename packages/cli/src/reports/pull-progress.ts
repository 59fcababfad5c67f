import type { DownloadProgress, WeightRecord } from "@brushwork/backend-node";
import { ownLine, type Write } from "./progress.js";
import { bytesText, secondsText } from "./quantities.js";

/** Weights that are in the cache now. */
interface PulledWeights {
  readonly path: string;
  readonly record: WeightRecord;
}

/** How a download of weights is reported. */
export interface PullProgress {
  received(progress: DownloadProgress): void;
  warned(sentence: string): void;
  /** No more bytes come: what is printed next begins a line of its own. */
  ended(): void;
  pulled(weights: PulledWeights): void;
}

const barWidth = 24;
const millisecondsBetweenBars = 100;
const toLineStart = "\r\u001b[K";

/**
 * For a terminal: a bar, drawn over and over.
 * @param now milliseconds
 */
export function terminalPullProgress(write: Write, now: () => number): PullProgress {
  const text = downloadText(now);
  let shownAt = Number.NEGATIVE_INFINITY;
  let barShown = false;
  return {
    received(progress) {
      const line = text(progress);
      if (progress.received < progress.total && now() - shownAt < millisecondsBetweenBars) return;
      write(`${toLineStart}${barText(progress)} ${line}`);
      shownAt = now();
      barShown = true;
    },
    warned(sentence) {
      write(`${barShown ? toLineStart : ""}${ownLine(sentence)}`);
      barShown = false;
    },
    ended() {
      if (barShown) write("\n");
      barShown = false;
    },
    pulled: (weights) => write(pulledText(weights)),
  };
}

/** For a file or a pipe: a line at each tenth. */
export function linePullProgress(write: Write, now: () => number): PullProgress {
  const text = downloadText(now);
  let told = 0;
  return {
    received(progress) {
      const line = text(progress);
      const tenth = Math.floor((10 * progress.received) / progress.total);
      if (tenth > told) write(`${line}\n`);
      told = tenth;
    },
    warned: (sentence) => write(ownLine(sentence)),
    ended() {},
    pulled: (weights) => write(pulledText(weights)),
  };
}

/** For programs: one JSON object on each line, at most one for each hundredth of a download. */
export function jsonPullProgress(write: Write): PullProgress {
  const tell = (event: string, facts: object) => write(`${JSON.stringify({ event, ...facts })}\n`);
  let told = -1;
  return {
    received(progress) {
      const hundredth = Math.floor((100 * progress.received) / progress.total);
      if (hundredth !== told) tell("download", progress);
      told = hundredth;
    },
    warned: (message) => tell("warning", { message }),
    ended() {},
    pulled: ({ path, record }) => tell("pulled", { path, ...record }),
  };
}

/** Nothing. */
export const quietPullProgress: PullProgress = {
  received() {},
  warned() {},
  ended() {},
  pulled() {},
};

/** "45%  34 MiB of 76 MiB  5 MiB/s  8.4 s left"; to be called at the first byte, which the rate counts from. */
function downloadText(now: () => number): (progress: DownloadProgress) => string {
  let begun: { readonly at: number; readonly received: number } | undefined;
  return ({ received, total }) => {
    begun ??= { at: now(), received };
    const seconds = (now() - begun.at) / 1000;
    const rate = seconds > 0 ? (received - begun.received) / seconds : 0;
    return [
      `${Math.floor((100 * received) / total)}%`.padStart(4),
      `${bytesText(received)} of ${bytesText(total)}`,
      ...(rate > 0 ? [`${bytesText(rate)}/s`] : []),
      ...(rate > 0 && received < total ? [`${secondsText((total - received) / rate)} left`] : []),
    ].join("  ");
  };
}

/** "[#########               ]" */
function barText({ received, total }: DownloadProgress): string {
  const filled = Math.floor((barWidth * received) / total);
  return `[${"#".repeat(filled).padEnd(barWidth)}]`;
}

function pulledText({ path, record: { bytes, sha256, provenance } }: PulledWeights): string {
  return [
    `The weights are in ${path}, ${bytesText(bytes)}, SHA-256 ${sha256}.`,
    `${provenance.attribution}.`,
    `Licence: ${provenance.licence}. It is kept beside them.`,
    "",
  ].join("\n");
}
