import type { EngineReport } from "@brushwork/backend-node";
import { numberText } from "../reports/quantities.js";
import { tryEngines } from "./engine-trials.js";

/** The engines, and what those lack that cannot run here. */
export async function enginesText(): Promise<string> {
  return (await tryEngines()).map((report) => engineText(report)).join("");
}

/** "native  TensorFlow 2.21.0 (CPU, 2 threads), 228 GFLOP/s" */
export function engineText({ name, device, reason, gflops }: EngineReport): string {
  const facts = [
    ...(device === undefined ? [] : [device]),
    ...(gflops === undefined ? [] : [`${numberText(gflops)} GFLOP/s`]),
  ].join(", ");
  const text = [facts, reason].filter((part) => part !== undefined && part !== "").join(". ");
  return `${name.padEnd(9)}${text}\n`;
}
