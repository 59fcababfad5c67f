import { Diverged } from "./errors.js";
import type { LossLog } from "./loss-log.js";
import { NotFinite, type Picture } from "./picture.js";
import type { RunState } from "./run-state.js";

/** A step that a run has just completed. */
export interface Step {
  /** From 1 to `total`. */
  readonly index: number;
  /** Number of steps of all scales together; smaller after a scale that ended early. */
  readonly total: number;
  /** Width of the picture at this step's scale, in pixels. */
  readonly width: number;
  /** Height of the picture at this step's scale, in pixels. */
  readonly height: number;
  /** Index of the step's scale among those that are painted. */
  readonly scale: number;
  /** Whether it is the last step of its scale. */
  readonly ends: boolean;
  readonly last: boolean;
  /** Present at the first step after the run went back to an earlier image, since a loss was no longer finite. */
  readonly wentBack?: {
    readonly because: Diverged;
    /** Index of the step whose image the run went back to; 0 for the one that it started from. */
    readonly to: number;
  };
  /**
   * Present at one step of a run, on an engine that can repeat the commands of a step: why they are given anew at each
   * step instead, in a few words that follow a colon.
   */
  readonly unrepeated?: string;
  /**
   * The weighted losses by term name, and their sum as "total", from before this step's update; where a line search is
   * only trying this step's image, those of the image that was accepted last. Reads from the device.
   * @throws {Diverged} when one of them, or of an earlier step's, is not finite
   * @throws {DeviceLost} when the device is lost
   * @throws {Error} once the next step has been requested
   */
  losses(): Promise<Readonly<Record<string, number>>>;
  /**
   * The picture after this step's update. Reads from the device.
   * @throws {Diverged} when one of its numbers, or a loss up to this step, is not finite
   * @throws {DeviceLost} when the device is lost
   * @throws {Error} once the next step has been requested
   */
  picture(): Promise<Picture>;
  /**
   * The state of the run after this step, which `resume` goes on from: plain data, as large as four images with `adam`,
   * five with `averaged(adam())`. Reads from the device.
   * @throws {Diverged} when one of its numbers, or a loss up to this step, is not finite
   * @throws {DeviceLost} when the device is lost
   * @throws {Error} at the last step, after which nothing is left to do, and once the next step has been requested
   */
  state(): Promise<RunState>;
}

/** What reads a step's values back from the device. */
interface StepReaders {
  readPicture(): Promise<Picture>;
  readState(): Promise<RunState>;
}

/**
 * A step, and a function that ends its readings.
 *
 * @param log whose latest losses are this step's
 * @param confirm called after each reading; rejects when the device is lost, in which case it may have read zeros
 * @param explained returns an error, or one that says better what caused it
 * @returns `close` waits for readings that have begun, so that nothing is freed under them
 */
export function stepHandle(
  facts: Omit<Step, "losses" | "picture" | "state">,
  log: LossLog,
  { readPicture, readState }: StepReaders,
  confirm: () => Promise<void>,
  explained: (error: unknown) => unknown = (error) => error,
): { readonly step: Step; close(): Promise<void> } {
  let closed = false;
  let losses: Promise<Readonly<Record<string, number>>> | undefined;
  let picture: Promise<Picture> | undefined;
  let state: Promise<RunState> | undefined;
  const checkOpen = () => {
    if (closed)
      throw new Error(
        `Expected step ${facts.index} to be read before the next one is asked for: read it inside the loop.`,
      );
  };
  const confirmed = async <Value>(reading: Promise<Value>) => {
    let value: Value;
    try {
      value = await reading;
    } catch (error) {
      await confirm();
      throw explained(error);
    }
    await confirm();
    return value;
  };
  const finite = async <Value>(reading: Promise<Value>) => {
    // A loss that is not finite is the reason, and a picture that is not finite what it leads to.
    const [reason, shown] = await Promise.allSettled([log.read(), reading]);
    if (reason.status === "rejected") throw reason.reason;
    if (shown.status === "fulfilled") return shown.value;
    if (!(shown.reason instanceof NotFinite)) throw shown.reason;
    throw new Diverged({ step: facts.index, value: shown.reason.value });
  };
  return {
    step: {
      ...facts,
      async losses() {
        checkOpen();
        losses ??= confirmed(log.read());
        return losses;
      },
      async picture() {
        checkOpen();
        picture ??= confirmed(finite(readPicture()));
        return picture;
      },
      async state() {
        checkOpen();
        state ??= confirmed(finite(readState()));
        return state;
      },
    },
    async close() {
      closed = true;
      await Promise.allSettled([losses, picture, state]);
    },
  };
}
