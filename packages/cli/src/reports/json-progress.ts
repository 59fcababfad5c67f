import { printable } from "@brushwork/core/reading";
import { ownLine, type Progress, type Write } from "./progress.js";

/**
 * For programs: one JSON object on each line, its kind in "event"; of a download, at most one for each hundredth.
 * @param writeFailure where a person reads what went wrong; absent where that is the stream of the events
 */
export function jsonProgress(write: Write, writeFailure?: Write): Progress {
  const tell = (event: string, facts: object) => write(`${printable(JSON.stringify({ event, ...facts }))}\n`);
  let hundredthShown = -1;
  return {
    started: (run) => tell("start", run),
    planned: (plan) => tell("plan", plan),
    wants: () => true,
    stepped: (report) => tell("step", report),
    saved: (file) => tell("saved", file),
    warned: (message) => tell("warning", { message }),
    finished: (run) => tell("done", run),
    failed(message, exitCode) {
      tell("error", { message, exitCode });
      writeFailure?.(ownLine(message));
    },
    ended: (picture) => tell("picture", picture),
    summed: (batch) => tell("batch", batch),
    began: (message) => tell("stage", { message }),
    received(progress) {
      const hundredth = Math.floor((100 * progress.received) / progress.total);
      if (hundredth !== hundredthShown) tell("download", progress);
      hundredthShown = hundredth;
    },
    pulled: ({ path, record }) => tell("pulled", { path, ...record }),
    installed: ({ engine, unchanged }) => tell("installed", { ...engine, unchanged }),
  };
}
