import type { Engine } from "./engine.js";
import type { DeviceLost } from "./errors.js";
import { macrotask } from "./macrotask.js";

/**
 * A check for a lost device, to be called when work may have failed or given wrong values because of one. It waits
 * until the queued work is done and the news has had time to arrive, and lets timers and events run.
 *
 * @returns a function that rejects with the DeviceLost once the device is lost
 */
export function deviceCheck(engine: Engine): () => Promise<void> {
  let lost: DeviceLost | undefined;
  engine.lost.then((reason) => {
    lost = reason;
  });
  return async () => {
    if (lost !== undefined) throw lost;
    await engine.settle();
    await macrotask();
    if (lost !== undefined) throw lost;
  };
}

/** What an engine knows about the state of a device that can be lost. */
export interface DeviceWatch {
  /** The promise for `Engine.lost`. */
  readonly lost: Promise<DeviceLost>;
  /** Reports the loss; only the first report counts, and none after `end`. */
  fail(error: DeviceLost): void;
  /**
   * The wait for `Engine.settle`: resolves when the work is done. A lost device never finishes its work.
   * @throws {DeviceLost} once the device is lost
   */
  done(work: Promise<unknown>): Promise<void>;
  /** To be called when the engine stops: from then on a loss is intended. */
  end(): void;
}

/** A watch over a device that is not lost yet. */
export function deviceWatch(): DeviceWatch {
  let failure: DeviceLost | undefined;
  let ended = false;
  let report: (error: DeviceLost) => void = () => {};
  // Each wait has its own interruption: racing against `lost` would leave a reaction on it every time.
  let interrupt = () => {};
  const lost = new Promise<DeviceLost>((resolve) => {
    report = resolve;
  });
  return {
    lost,
    fail(error) {
      if (ended || failure !== undefined) return;
      failure = error;
      report(error);
      interrupt();
    },
    async done(work) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve, reject) => {
        interrupt = resolve;
        work.then(() => resolve(), reject);
      }).catch((error: unknown) => {
        if (failure === undefined) throw error;
      });
      if (failure !== undefined) throw failure;
    },
    end() {
      ended = true;
    },
  };
}
