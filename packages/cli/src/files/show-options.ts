import { UsageError } from "../failure.js";
import type { TerminalKind } from "../terminal-kinds.js";
import { streamName } from "./standard-streams.js";

export interface ShowOptions {
  /** Whether to show the picture in the terminal, or how. */
  readonly show?: TerminalKind | "auto";
}

/** @throws {UsageError} when something else goes to the standard output */
export function checkShow({
  show,
  output,
  json,
}: ShowOptions & { readonly output?: string; readonly json?: boolean }): void {
  if (show === undefined) return;
  if (output === streamName)
    throw new UsageError("Expected a file for --show, got the standard output: name one with -o.");
  if (json) throw new UsageError("Expected --show or --json, got both: leave one out.");
}
