import { availableParallelism } from "node:os";

/** Floating-point operations a second on one core of an ordinary machine. */
const ratePerCore: Readonly<Record<string, number>> = { native: 60e9, wasm: 25e9 };

/**
 * A rough guess at a run's time, until measured steps replace it.
 * @returns undefined where nothing is known: of a graphics card, which may be slow or a hundred times faster
 */
export function estimatedSeconds(
  engine: string,
  operations: number | undefined,
  threads = availableParallelism(),
): number | undefined {
  const rate = ratePerCore[engine];
  if (rate === undefined || operations === undefined) return undefined;
  return operations / (rate * (engine === "wasm" ? 1 : threads));
}
