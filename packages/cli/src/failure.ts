import { Remediable } from "@brushwork/backend-node/names";
import { messageOf, NoRoom, OptionError } from "@brushwork/core/errors";
import { printable } from "@brushwork/core/reading";
import { withRemedy } from "./remedy-text.js";
import { sizeSentence } from "./size-remedies.js";

/** What went wrong, in a sentence or two, and the exit code that it means. */
export class Failure extends Error {
  readonly exitCode: number = 1;
}

/** The command line cannot be as it is. */
export class UsageError extends Failure {
  override readonly exitCode = 2;
}

/** The user, or the system, stopped the run. */
export class Interruption extends Failure {
  override readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What is reported of an error that nothing caught. */
export function crashOf(error: unknown): Failure {
  return new Failure(`Something failed unexpectedly (${sentenceOf(error)}).`, { cause: error });
}

/** The sentence of a crash that ended a run early, and a space; empty where somebody stopped it. */
export function crashText({ aborted, reason }: AbortSignal): string {
  return aborted && !(reason instanceof Interruption) ? `${sentenceOf(reason)} ` : "";
}

export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? error.exitCode : 1;
}

/**
 * What is said of an error, on one line: its message, or where its remedy is data, that in the command's words. Nothing in
 * it is a character that a terminal would obey.
 */
export function sentenceOf(error: unknown): string {
  return printable(
    messageInWords(error)
      .trim()
      .replaceAll(/\s*\n\s*/g, " "),
  );
}

function messageInWords(error: unknown): string {
  if (error instanceof Remediable) return withRemedy(error.fact, error.remedy);
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd")
    return "The working folder was deleted: change to another one, or give whole paths.";
  return sizeSentence(error) ?? messageOf(error);
}

/** A UsageError in place of an error about an option, since the option came from the command line; others as they are. */
export function asUsageError(error: unknown): unknown {
  return error instanceof OptionError || error instanceof NoRoom
    ? new UsageError(sentenceOf(error), { cause: error })
    : error;
}
