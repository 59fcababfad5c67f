import { constants } from "node:os";
import { Interruption } from "./failure.js";

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Ctrl-C, or the system's wish that the process end: the first aborts the signal, the second ends the process at once.
 *
 * @param announce called at the first
 * @returns `release` gives Ctrl-C its usual meaning back
 */
export function listenForInterruption(announce: () => void): {
  readonly signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    const exitCode = 128 + constants.signals[name];
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new Interruption("Stopped before the first step: there is no picture yet.", exitCode));
    announce();
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
