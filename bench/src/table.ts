import type { MeasuredRow } from "./report.js";

/** A table of text, whose first row is the heading. */
export type Table = readonly (readonly string[])[];

export function stepTable(rows: readonly MeasuredRow[]): Table {
  return [
    [
      "engine",
      "precision",
      "size",
      "ms per step",
      "GFLOP/s",
      "of best convolution",
      "of forward convolutions",
      "not convolution",
      "× plain tf.grad",
      "peak memory",
      "noise",
    ],
    ...rows.map((row) => [
      row.engine,
      row.precision,
      `${row.size}²`,
      row.msPerStep.toFixed(0),
      row.gflops.toFixed(0),
      row.shareOfBestConvolution.toFixed(2),
      row.shareOfForward.toFixed(2),
      row.profile === undefined ? "–" : percent(1 - shareOfConvolution(row.profile)),
      row.timesPlainGrad?.toFixed(1) ?? "–",
      megabytes(row.peakBytes),
      `±${percent(row.noise / 2)}`,
    ]),
  ];
}

/** The share of a step's time by kind of kernel. Engines that only queue their kernels are left out. */
export function profileTable(rows: readonly MeasuredRow[]): Table {
  const profiled = rows.flatMap(({ profile, ...row }) => (profile ? [{ ...row, profile }] : []));
  const kinds = Object.keys(profiled[0]?.profile ?? {});
  return [
    ["engine", "precision", "size", ...kinds],
    ...profiled.map(({ engine, precision, size, profile }) => {
      const total = Object.values(profile).reduce((sum, milliseconds) => sum + milliseconds, 0);
      return [engine, precision, `${size}²`, ...kinds.map((kind) => percent((profile[kind] ?? 0) / total))];
    }),
  ];
}

export function shareOfConvolution(profile: NonNullable<MeasuredRow["profile"]>): number {
  const total = Object.values(profile).reduce((sum, milliseconds) => sum + milliseconds, 0);
  return (profile.convolution ?? 0) / total;
}

/** The table in aligned columns: the first to the left, the others to the right. */
export function plainText(table: Table): string {
  const widths = columnWidths(table);
  return table.map((row) => row.map((cell, i) => padded(cell, widths[i] ?? 0, i)).join("  ")).join("\n");
}

export function markdown(table: Table): string {
  const widths = columnWidths(table).map((width) => Math.max(width, 3));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => padded(cell, widths[i] ?? 0, i)).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  const [heading = [], ...rows] = table;
  return [line(heading), rule, ...rows.map(line)].join("\n");
}

function columnWidths(table: Table): readonly number[] {
  return (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
}

function padded(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
