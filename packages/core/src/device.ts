import type { Engine } from "./engine.js";
import type { DeviceLost } from "./errors.js";
import { macrotask } from "./macrotask.js";

/**
 * A check to be called whenever work may have failed, or answered wrongly, because the device was lost. It waits until
 * the queued work is done and the news has had time to arrive, and lets timers and events in.
 *
 * @returns rejects with the DeviceLost once the device is gone
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

/** What an engine on a device that can be lost keeps of it. */
export interface DeviceWatch {
  /** For `Engine.lost`. */
  readonly lost: Promise<DeviceLost>;
  /** Reports the loss; only the first report counts, and none after `end`. */
  fail(error: DeviceLost): void;
  /**
   * For `Engine.settle`: resolves when the work is done. A lost device never finishes its work.
   * @throws {DeviceLost} once the device is lost
   */
  done(work: Promise<unknown>): Promise<void>;
  /** The engine stops: a loss from now on is intended. */
  end(): void;
}

export function deviceWatch(): DeviceWatch {
  let failure: DeviceLost | undefined;
  let ended = false;
  let report: (error: DeviceLost) => void = () => {};
  // Each wait is interrupted by itself: waiting for `lost` every time would leave something behind every time.
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
