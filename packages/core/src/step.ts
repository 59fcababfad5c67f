import * as tf from "@tensorflow/tfjs-core";
import { Diverged } from "./errors.js";
import { NotFinite, type Picture } from "./picture.js";

/** A step that a run has just completed. */
export interface Step {
  /** From 1 to `total`. */
  readonly index: number;
  /** Number of steps of all scales together. */
  readonly total: number;
  /** Width of the picture at this step's scale, in pixels. */
  readonly width: number;
  /** Height of the picture at this step's scale, in pixels. */
  readonly height: number;
  readonly last: boolean;
  /**
   * The weighted losses by term name, and their sum as "total", from before this step's update. Reads from the device.
   * @throws {Diverged} when one of them is not finite
   * @throws {DeviceLost} when the device is lost
   * @throws {Error} once the next step has been requested
   */
  losses(): Promise<Readonly<Record<string, number>>>;
  /**
   * The picture after this step's update. Reads from the device.
   * @throws {Diverged} when one of its numbers is not finite
   * @throws {DeviceLost} when the device is lost
   * @throws {Error} once the next step has been requested
   */
  picture(): Promise<Picture>;
}

/**
 * A step, and a function that ends its readings.
 *
 * @param terms weighted losses, scalars by term name; the handle frees them
 * @param confirm called after each reading; rejects when the device is lost, in which case it may have read zeros
 * @returns `close` waits for readings that have begun, so that nothing is freed under them
 */
export function stepHandle(
  facts: Pick<Step, "index" | "total" | "width" | "height" | "last">,
  terms: Readonly<Record<string, tf.Scalar>>,
  readPicture: () => Promise<Picture>,
  confirm: () => Promise<void>,
): { readonly step: Step; close(): Promise<void> } {
  let closed = false;
  let losses: Promise<Readonly<Record<string, number>>> | undefined;
  let picture: Promise<Picture> | undefined;
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
      throw error;
    }
    await confirm();
    return value;
  };
  return {
    step: {
      ...facts,
      async losses() {
        checkOpen();
        losses ??= confirmed(readLosses(terms)).then((found) => finite(found, facts.index));
        return losses;
      },
      async picture() {
        checkOpen();
        picture ??= confirmed(readPicture()).catch((error: unknown) => {
          throw error instanceof NotFinite ? new Diverged({ step: facts.index, value: error.value }) : error;
        });
        return picture;
      },
    },
    async close() {
      closed = true;
      await Promise.allSettled([losses, picture]);
      tf.dispose(terms);
    },
  };
}

/** @throws {Diverged} when one of the losses is not finite */
function finite(losses: Readonly<Record<string, number>>, step: number): Readonly<Record<string, number>> {
  for (const [term, value] of Object.entries(losses))
    if (!Number.isFinite(value)) throw new Diverged({ step, term, value });
  return losses;
}

async function readLosses(
  terms: Readonly<Record<string, tf.Scalar>>,
): Promise<Readonly<Record<string, number>>> {
  const packed = tf.stack(Object.values(terms));
  try {
    const values = Array.from(await packed.data());
    const byName = Object.fromEntries(Object.keys(terms).map((name, i) => [name, values[i] ?? Number.NaN]));
    return { ...byName, total: values.reduce((sum, value) => sum + value, 0) };
  } finally {
    packed.dispose();
  }
}
