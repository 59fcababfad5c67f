import { setImmediate } from "node:timers/promises";
import { type Engine, NoRoom } from "@brushwork/core";
import {
  candidatesFor,
  type EngineName,
  engineNames,
  messageOf,
  type StartOptions,
  startFirst,
} from "./engines.js";

/**
 * Works on an engine that is started for it, and stopped when the work ends, however it ends.
 *
 * Under "auto" the next engine takes over where one does not start, or where before the work's first item it has no
 * room for the work or is lost.
 *
 * @param act the work; frees what it has made when it ends
 * @throws as `startEngine` and the work do; {NoRoom} of the engine with the most room, where all have too little
 */
export async function* onEngine<Item>(
  name: EngineName | "auto",
  options: StartOptions,
  act: (engine: Engine) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  const byName = name !== "auto";
  const refusals: NoRoom[] = [];
  let candidates = candidatesFor(name);
  for (;;) {
    const engine = await startFirst(candidates, byName, options);
    let [begun, lost] = [false, false];
    engine.lost.then(() => {
      lost = true;
    });
    try {
      for await (const item of act(engine)) {
        begun = true;
        yield item;
      }
      return;
    } catch (error) {
      if (error instanceof NoRoom) refusals.push(error);
      // That a device is lost may be told a moment after its work has failed.
      else await setImmediate();
      if (byName || begun || !(lost || error instanceof NoRoom)) throw error;
      candidates = slowerThan(engine.name);
      if (candidates.length === 0) throw refusals.sort((a, b) => b.longest - a.longest)[0] ?? error;
      options.onSkip?.({ name: engine.name, reason: messageOf(error), started: true });
    } finally {
      await engine.stop();
    }
  }
}

function slowerThan(engine: string): readonly EngineName[] {
  const names: readonly string[] = engineNames;
  return engineNames.slice(names.indexOf(engine) + 1);
}
