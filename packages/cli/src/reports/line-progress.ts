import {
  finishedText,
  ownLine,
  type Progress,
  savedText,
  startText,
  stepText,
  type Write,
} from "./progress.js";

const secondsBetweenLines = 5;

/**
 * For a file or a pipe: a line at each tenth of the steps, or where that takes longer, every few seconds.
 * @param now milliseconds
 */
export function lineProgress(write: Write, now: () => number): Progress {
  let shownAt = now();
  return {
    started: (run) => write(`${startText(run)}\n`),
    wants({ index, total }) {
      const tenth = (steps: number) => Math.floor((steps * 10) / total);
      return tenth(index) > tenth(index - 1) || now() - shownAt >= secondsBetweenLines * 1000;
    },
    stepped(report) {
      shownAt = now();
      write(`${stepText(report)}\n`);
    },
    saved: (file) => write(`${savedText(file)}\n`),
    warned: (sentence) => write(ownLine(sentence)),
    finished: (run) => write(`${finishedText(run)}\n`),
    failed: (sentence) => write(ownLine(sentence)),
  };
}
