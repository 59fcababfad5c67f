import type { EngineReport } from "@brushwork/backend-node";
import type { ListOptions } from "../options.js";
import { withRemedy } from "../remedy-text.js";
import { numberText } from "../reports/quantities.js";
import { tryEngines } from "./engine-trials.js";

/** The engines, and what those lack that cannot run here. */
export async function enginesText({ json }: ListOptions): Promise<string> {
  const reports = await tryEngines();
  if (json) return `${JSON.stringify({ engines: reports.map(inWords) }, null, 2)}\n`;
  return reports.map((report) => engineText(report)).join("");
}

/** A report whose reason says the remedy too, in the command's words. */
export function inWords({ remedy, reason, ...report }: EngineReport): Omit<EngineReport, "remedy"> {
  return { ...report, ...(reason !== undefined && { reason: withRemedy(reason, remedy) }) };
}

/** "native  TensorFlow 2.21.0 (CPU, 2 threads), 228 GFLOP/s" */
export function engineText(report: EngineReport): string {
  const { name, device, gflops, reason } = inWords(report);
  const facts = [
    ...(device === undefined ? [] : [device]),
    ...(gflops === undefined ? [] : [`${numberText(gflops)} GFLOP/s`]),
  ].join(", ");
  const text = [facts, reason].filter((part) => part !== undefined && part !== "").join(". ");
  return `${name.padEnd(9)}${text}\n`;
}
