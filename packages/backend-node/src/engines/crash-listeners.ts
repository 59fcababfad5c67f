const events = ["uncaughtException", "unhandledRejection"];

/**
 * Runs an action and leaves the process's listeners for crashes as they were.
 *
 * The WebAssembly backend adds listeners that throw again, which turns any error of the program into a crash inside
 * the backend; and when it is disposed of, it removes the program's own together with them.
 */
export async function keepingCrashListeners<Result>(action: () => Result | Promise<Result>): Promise<Result> {
  const before = new Map(events.map((event) => [event, process.rawListeners(event)]));
  try {
    return await action();
  } finally {
    for (const [event, listeners] of before) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener as () => void);
    }
  }
}
