import { type LossDescription, type LossSupport, lossSupport } from "@brushwork/backend-web";
import { computed, signal } from "@preact/signals";
import { pageWorker } from "../page-worker.js";
import { sentenceOf } from "../sentence.js";
import { firstOptions, type Options } from "./loss-options.js";

/** A loss beside those of the preset. */
export interface AddedLoss {
  /** Name of its plugin. */
  readonly loss: string;
  readonly weight: number;
  /** Those that differ from their defaults. */
  readonly options: Options;
}

/** What is set for a loss; it is remembered while the loss is switched off. */
export interface LossSetting extends AddedLoss {
  readonly added: boolean;
}

/** The losses there are; undefined until they have been asked for. */
export const known = signal<LossSupport | undefined>(undefined);
/** Why it is not known which losses there are. */
export const knownProblem = signal<string | undefined>(undefined);

const changed = signal<readonly LossSetting[]>([]);

/** In the order in which they were first added. */
export const addedLosses = computed<readonly AddedLoss[]>(() =>
  changed.value.filter(({ added }) => added).map(({ loss, weight, options }) => ({ loss, weight, options })),
);

/** Asks once; again where that failed. */
export async function askForLosses(): Promise<void> {
  if (known.peek() !== undefined) return;
  knownProblem.value = undefined;
  try {
    known.value = await lossSupport({ worker: pageWorker });
  } catch (error) {
    knownProblem.value = sentenceOf(error);
  }
}

export function lossSetting({ name, options }: LossDescription): LossSetting {
  return (
    changed.value.find(({ loss }) => loss === name) ?? {
      loss: name,
      added: false,
      weight: 1,
      options: firstOptions(options),
    }
  );
}

export function changeLoss(loss: LossDescription, change: Partial<Omit<LossSetting, "loss">>): void {
  const setting = { ...lossSetting(loss), ...change };
  const there = changed.peek().some((one) => one.loss === setting.loss);
  changed.value = there
    ? changed.peek().map((one) => (one.loss === setting.loss ? setting : one))
    : [...changed.peek(), setting];
}
