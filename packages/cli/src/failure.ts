import { NoRoom } from "@brushwork/core";
/** What went wrong, told in a sentence or two, and the exit code that it means. */
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

export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? error.exitCode : 1;
}

/** What is said of an error: its message on one line. */
export function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replaceAll(/\s*\n\s*/g, " ");
}

/**
 * The result of an action that only checks options: what it refuses is a mistake on the command line; but for a size
 * that an engine has no room for, which the next engine may have.
 */
export function checkedOptions<Result>(check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    throw error instanceof NoRoom ? error : mistakenOption(error);
  }
}

/** A UsageError in place of an error that tells of a wrong value; another error as it is. */
export function mistakenOption(error: unknown): unknown {
  return error instanceof RangeError || error instanceof TypeError
    ? new UsageError(error.message, { cause: error })
    : error;
}
