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

/** How what takes long is reported: to people on standard error; to programs on standard output, unless the picture goes there. */
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
