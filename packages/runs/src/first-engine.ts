import { DeviceLost, NoRoom } from "@brushwork/core";
import type { RunEvent } from "./run-event.js";

/** The engines that a run may use. */
export interface EngineChoice {
  /** The names of engines, to be tried in this order. */
  readonly engines: readonly string[];
  /** Whether an engine that fails ends the run, since the host has to start another one elsewhere. @default false */
  readonly once?: boolean;
}

/**
 * Runs on the first engine that can. Where one has too little memory, or is lost before the first step, the next one
 * takes over.
 *
 * @param attempt a run on the first of some engines that starts
 * @throws the last attempt's error; {NoRoom} of the engine with the most memory, if any had too little
 */
export async function* onFirstEngine(
  { engines, once = false }: EngineChoice,
  attempt: (engines: readonly string[]) => AsyncIterable<RunEvent>,
): AsyncGenerator<RunEvent, void, void> {
  const refusals: NoRoom[] = [];
  let left = engines;
  for (;;) {
    let begun = false;
    try {
      for await (const event of attempt(left)) {
        if (event.type === "step") begun = true;
        yield event;
      }
      return;
    } catch (error) {
      if (once || begun || !(error instanceof NoRoom || error instanceof DeviceLost)) throw error;
      const failed = left.indexOf(error.engine);
      // An engine that is not in the list would be tried again without end.
      if (failed < 0) throw error;
      if (error instanceof NoRoom) refusals.push(error);
      left = left.slice(failed + 1);
      if (left.length === 0) throw refusals.sort((a, b) => b.longest - a.longest)[0] ?? error;
      yield { type: "skipped", engine: error.engine, reason: error.message, started: true };
    }
  }
}
