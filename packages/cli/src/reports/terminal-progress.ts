import {
  finishedText,
  ownLine,
  type Progress,
  savedText,
  startText,
  stepText,
  type Write,
} from "./progress.js";

const millisecondsBetweenSteps = 250;
const toLineStart = "\r\u001b[K";

/**
 * For a terminal: one line for the steps, written over and over; the last stays.
 *
 * @param columns of the terminal, asked each time: its window can be resized
 * @param now milliseconds
 */
export function terminalProgress(write: Write, columns: () => number, now: () => number): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let stepShown = false;
  /** Takes the line of the last step away. */
  const line = (text: string) => {
    write(`${stepShown ? toLineStart : ""}${text}`);
    stepShown = false;
  };
  return {
    started: (run) => line(`${startText(run)}\n`),
    wants: ({ index, total }) => index === total || now() - shownAt >= millisecondsBetweenSteps,
    stepped(report) {
      const last = report.step === report.total;
      line(`${stepText(report).slice(0, columns() - 1)}${last ? "\n" : ""}`);
      shownAt = now();
      stepShown = !last;
    },
    saved: (file) => line(`${savedText(file)}\n`),
    warned: (sentence) => line(ownLine(sentence)),
    finished: (run) => line(`${finishedText(run)}\n`),
    failed: (sentence) => line(ownLine(sentence)),
  };
}
