import { plan, type Scale, type StylizeOptions } from "@brushwork/core";

/** A run could be, but not on its engine, which has too little memory for it. */
export class NoRoom extends RangeError {
  readonly run: StylizeOptions;

  constructor(message: string, run: StylizeOptions) {
    super(message);
    this.run = run;
  }
}

/** @throws {NoRoom} with the largest size that fits; what else cannot be is for `plan` to say */
export function checkRoom(run: StylizeOptions): void {
  const roomy = {
    ...run.engine,
    memoryBytes: Number.POSITIVE_INFINITY,
    largestTensorBytes: Number.POSITIVE_INFINITY,
  };
  if (refusal({ ...run, engine: roomy }) !== undefined) return;
  const message = refusal(run);
  if (message !== undefined) throw new NoRoom(message, run);
}

/** Of refusals of one run by several engines, that of the engine on which the largest picture would fit. */
export function roomiest(refusals: readonly [NoRoom, ...NoRoom[]]): NoRoom {
  for (let share = 1; share > 0.01; share *= 0.97) {
    const found = refusals.find(({ run }) => refusal(shrunk(run, share)) === undefined);
    if (found !== undefined) return found;
  }
  return refusals[0];
}

function refusal(run: StylizeOptions): string | undefined {
  try {
    plan(run);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function shrunk(
  { scales = [{ size: 512, steps: 1 }], ...run }: StylizeOptions,
  share: number,
): StylizeOptions {
  const side = (pixels: number) => Math.max(1, Math.floor(pixels * share));
  const size = (whole: Scale["size"]): Scale["size"] =>
    typeof whole === "number" ? side(whole) : [side(whole[0]), side(whole[1])];
  return { ...run, scales: scales.map((scale) => ({ ...scale, size: size(scale.size) })) };
}
