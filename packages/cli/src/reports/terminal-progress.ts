import { barText, downloadText } from "./download-text.js";
import { inLines, type Progress, stepText, type Write } from "./progress.js";

const milliseconds = { betweenSteps: 250, betweenBars: 100 };
const toLineStart = "\r\u001b[K";

/**
 * For a terminal: one line for the steps, and one for a download, written over and over; the last stays.
 *
 * @param columns of the terminal, asked each time: its window can be resized
 * @param now milliseconds
 */
export function terminalProgress(write: Write, columns: () => number, now: () => number): Progress {
  const textOf = downloadText(now);
  let shownAt = Number.NEGATIVE_INFINITY;
  /** Whether there is a line that the next one takes the place of. */
  let open = false;
  const put = (text: string) => {
    write(`${open ? toLineStart : ""}${text}`);
    open = false;
  };
  const putOver = (text: string, last: boolean) => {
    put(`${text.slice(0, columns() - 1)}${last ? "\n" : ""}`);
    shownAt = now();
    open = !last;
  };
  return {
    ...inLines(put),
    wants: ({ index, total }) => index === total || now() - shownAt >= milliseconds.betweenSteps,
    stepped: (report) => putOver(stepText(report), report.step === report.total),
    received(progress) {
      const text = textOf(progress);
      const last = progress.received === progress.total;
      if (last || now() - shownAt >= milliseconds.betweenBars) putOver(`${barText(progress)} ${text}`, last);
    },
  };
}
