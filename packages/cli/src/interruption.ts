import { constants } from "node:os";
import { Interruption } from "./failure.js";

/** SIGHUP: the terminal was closed, or on Windows the console; SIGBREAK: Ctrl-Break on Windows. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const;

/**
 * Does something that Ctrl-C, a closed terminal or the system's wish that the process end can stop: the first of them
 * aborts the signal, the next ends the process at once.
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
    // A terminal that is closed may send it twice, through the shell and by itself.
    process.on("SIGHUP", ignore);
    // The next one is the system's to act on, which it does while this thread computes, or others decode a picture.
    for (const other of signals) process.off(other, interrupt);
    controller.abort(new Interruption(sentence, 128 + constants.signals[name]));
    announce();
  };
  for (const name of signals) process.on(name, interrupt);
  try {
    await act(controller.signal);
  } finally {
    for (const name of signals) process.off(name, interrupt);
    process.off("SIGHUP", ignore);
  }
}

function ignore(): void {}
