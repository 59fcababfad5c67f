import { availableParallelism } from "node:os";

/** Floating-point operations a second on one core of an ordinary machine, and how many cores the engine can use. */
const engines: Readonly<Record<string, { readonly ratePerCore: number; readonly cores: number }>> = {
  native: { ratePerCore: 60e9, cores: Number.POSITIVE_INFINITY },
  wasm: { ratePerCore: 13e9, cores: 8 },
};

/**
 * A rough guess at a run's time, until measured steps replace it.
 * @returns undefined where nothing is known: of a graphics card, which may be slow or a hundred times faster
 */
export function estimatedSeconds(
  engine: string,
  operations: number | undefined,
  threads = availableParallelism(),
): number | undefined {
  const found = engines[engine];
  if (found === undefined || operations === undefined) return undefined;
  return operations / (found.ratePerCore * Math.min(threads, found.cores));
}
