/**
 * Runs another program to its end.
 * @throws what starting it throws
 * @throws `signal.reason` once the signal is aborted, when the program has ended
 */
export function ended(
  command: string,
  words: readonly string[],
  options?: {
    readonly input?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly signal?: AbortSignal | undefined;
    /** In milliseconds; after it, the program is ended. */
    readonly timeout?: number;
  },
): Promise<{
  readonly status: number | null;
  /** Name of the signal that ended it. */
  readonly name: string | null;
  /** Whether it was ended for not ending in time, or by the signal of the caller. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}>;
