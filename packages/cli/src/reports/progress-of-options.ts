import { UsageError } from "../failure.js";
import { streamName } from "../files/standard-streams.js";
import { jsonProgress } from "./json-progress.js";
import { lineProgress } from "./line-progress.js";
import { type Progress, quietProgress } from "./progress.js";
import { terminalProgress } from "./terminal-progress.js";

export interface ReportOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface TextStreams {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
}

/** The progress until the options are known: only what is wrong with them, which a program reads as an event. */
export function progressOfWords(words: readonly string[], { stdout, stderr }: TextStreams): Progress {
  const end = words.indexOf("--");
  const options = end === -1 ? words : words.slice(0, end);
  const writeError = (text: string) => stderr.write(text);
  if (!options.includes("--json")) return quietProgress(writeError);
  const toStream = options.some(
    (word, i) =>
      word === `-o${streamName}` ||
      word === `--output=${streamName}` ||
      (word === streamName && ["-o", "--output"].includes(options[i - 1] ?? "")),
  );
  return toStream ? jsonProgress(writeError) : jsonProgress((text) => stdout.write(text), writeError);
}

/**
 * The progress that the options ask for: to standard error, or with --json to standard output, unless the picture goes
 * there.
 */
export function progressOfOptions(
  { json, quiet, output }: ReportOptions & { readonly output?: string },
  { stdout, stderr }: TextStreams,
  now: () => number,
): Progress {
  const writeError = (text: string) => stderr.write(text);
  if (json && quiet) throw new UsageError("Expected --json or --quiet, got both: leave one out.");
  if (json && output === streamName) return jsonProgress(writeError);
  if (json) return jsonProgress((text) => stdout.write(text), writeError);
  if (quiet) return quietProgress(writeError);
  // Terminals that do not know their width say 0.
  if (stderr.isTTY) return terminalProgress(writeError, () => stderr.columns || 80, now);
  return lineProgress(writeError, now);
}
