import type { LossDescription, LossSupport } from "@brushwork/backend-web";
import { computed, signal } from "@preact/signals";
import { machine } from "#machine";
import { sentenceOf } from "../sentence.js";
import { firstOptions, type Options } from "./loss-options.js";

/** A loss in addition to those of the preset. */
export interface AddedLoss {
  /** Name of its plugin. */
  readonly loss: string;
  readonly weight: number;
  /** Options that differ from their defaults. */
  readonly options: Options;
}

/** Settings of a loss, which are remembered while it is switched off. */
export interface LossSetting extends AddedLoss {
  readonly added: boolean;
}

/** All losses; undefined until the worker has listed them. */
export const known = signal<LossSupport | undefined>(undefined);
/** Why the worker did not list them. */
export const knownProblem = signal<string | undefined>(undefined);

const changed = signal<readonly LossSetting[]>([]);

/** In the order in which they were first added. */
export const addedLosses = computed<readonly AddedLoss[]>(() =>
  changed.value.filter(({ added }) => added).map(({ loss, weight, options }) => ({ loss, weight, options })),
);

/** Asks the worker for the losses, unless it has listed them already. */
export async function askForLosses(): Promise<void> {
  if (known.peek() !== undefined) return;
  knownProblem.value = undefined;
  try {
    known.value = await machine.lossSupport();
  } catch (error) {
    knownProblem.value = sentenceOf(error);
  }
}

/** Replaces all added losses. */
export function setLosses(losses: readonly AddedLoss[]): void {
  changed.value = losses.map((loss) => ({ ...loss, added: true }));
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
