import { sameMachine } from "./machine.js";
import type { Report, Row } from "./report.js";
import type { Table } from "./table.js";

/** The changes since an earlier report. */
export interface Comparison {
  /** Why the figures cannot be compared directly; absent where both are from the same machine. */
  readonly warning?: string;
  readonly table: Table;
}

/** Compares two reports. Rows that only the new one has are shown as new. */
export function compare(before: Report, now: Report): Comparison {
  const rows = now.rows.map((row) => {
    const earlier = before.rows.find((other) => key(other) === key(row));
    const name = [row.engine, row.precision, `${row.size}²`];
    if (earlier === undefined) return [...name, "–", row.msPerStep.toFixed(0), "new"];
    return [
      ...name,
      earlier.msPerStep.toFixed(0),
      row.msPerStep.toFixed(0),
      change(earlier.msPerStep, row.msPerStep),
    ];
  });
  return {
    table: [["engine", "precision", "size", "ms before", "ms now", "change"], ...rows],
    ...(!sameMachine(before.machine, now.machine) && {
      warning:
        `The earlier figures are from another machine (${before.machine.cpu}, ${before.machine.cores} cores): ` +
        "only shares and ratios can be compared.",
    }),
  };
}

/**
 * Parses a report.
 * @param text content of the file `name`
 * @throws {RangeError} when it is not a report
 */
export function parseReport(text: string, name: string): Report {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`Expected ${name} to hold JSON, got something else.`, { cause });
  }
  if (!isReport(report))
    throw new RangeError(`Expected ${name} to hold figures that --json wrote, got something else.`);
  return report;
}

function isReport(value: unknown): value is Report {
  const { machine, rows } = (value ?? {}) as Partial<Report>;
  return (
    typeof machine?.cpu === "string" &&
    Array.isArray(rows) &&
    rows.every((row) => typeof row?.engine === "string" && typeof row.msPerStep === "number")
  );
}

function key({ engine, precision, network, size }: Row): string {
  return `${engine} ${precision} ${network} ${size}`;
}

function change(before: number, now: number): string {
  const percent = Math.round(100 * (now / before - 1));
  return percent > 0 ? `+${percent} %` : `${percent} %`.replace("-", "−");
}
