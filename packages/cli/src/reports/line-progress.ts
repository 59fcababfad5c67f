import { downloadText } from "./download-text.js";
import { inLines, type Progress, stepText, type Write } from "./progress.js";

const secondsBetweenLines = 5;

/**
 * For a file or a pipe: a line at each tenth of the steps or of a download, or where steps take longer, every few
 * seconds.
 * @param now milliseconds
 */
export function lineProgress(write: Write, now: () => number): Progress {
  const textOf = downloadText(now);
  let shownAt = now();
  let tenthShown = 0;
  return {
    ...inLines(write),
    wants({ index, total }) {
      const tenth = (steps: number) => Math.floor((steps * 10) / total);
      return tenth(index) > tenth(index - 1) || now() - shownAt >= secondsBetweenLines * 1000;
    },
    stepped(report) {
      shownAt = now();
      write(`${stepText(report)}\n`);
    },
    received(progress) {
      const text = textOf(progress);
      const tenth = Math.floor((10 * progress.received) / progress.total);
      if (tenth > tenthShown) write(`${text}\n`);
      tenthShown = tenth;
    },
  };
}
