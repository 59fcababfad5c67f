import { constants } from "node:os";
import { Interruption } from "./failure.js";

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Does something that Ctrl-C, or the system's wish that the process end, can stop: the first aborts the signal, the
 * second ends the process at once.
 *
 * @param sentence the reason that the signal aborts with
 * @param announce called at the first
 */
export async function interruptible(
  sentence: string,
  announce: () => void,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    const exitCode = 128 + constants.signals[name];
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new Interruption(sentence, exitCode));
    announce();
  };
  for (const name of signals) process.on(name, interrupt);
  try {
    await act(controller.signal);
  } finally {
    for (const name of signals) process.off(name, interrupt);
  }
}
