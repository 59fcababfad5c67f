import { describe, expect, it } from "vitest";
import { compare, parseReport } from "./compare.js";
import type { Machine, Report, Row } from "./report.js";

const machine: Machine = {
  cpu: "Abacus",
  cores: 2,
  memoryBytes: 1e9,
  platform: "linux x64",
  node: "v20.19.0",
  instructions: [],
  load: 0,
  date: "2026-01-01",
};

const row: Row = {
  engine: "wasm",
  precision: "full",
  network: "vgg19",
  size: 128,
  msPerStep: 1000,
  gflops: 24,
  shareOfBestConvolution: 0.8,
  timesPlainGrad: 6,
  peakBytes: 1e8,
};

const report = (...rows: Row[]): Report => ({ machine, rows });

describe("compare", () => {
  it("shows what became faster, slower and new", () => {
    const before = report(row, { ...row, size: 256, msPerStep: 4000 });
    const now = report(
      { ...row, msPerStep: 750 },
      { ...row, size: 256, msPerStep: 4400 },
      { ...row, engine: "native", msPerStep: 100 },
    );
    const { table, warning } = compare(before, now);
    expect(table.slice(1)).toEqual([
      ["wasm", "full", "128²", "1000", "750", "−25 %"],
      ["wasm", "full", "256²", "4000", "4400", "+10 %"],
      ["native", "full", "128²", "–", "100", "new"],
    ]);
    expect(warning).toBeUndefined();
  });

  it("says when the machines differ", () => {
    const elsewhere = { machine: { ...machine, cpu: "Difference engine", cores: 4 }, rows: [row] };
    expect(compare(elsewhere, report(row)).warning).toBe(
      "The earlier figures are from another machine (Difference engine, 4 cores): " +
        "only shares and ratios can be compared.",
    );
  });
});

describe("parseReport", () => {
  it("reads what was written", () => {
    expect(parseReport(JSON.stringify(report(row)), "old.json")).toEqual(report(row));
  });

  it("refuses anything else with a clear message", () => {
    expect(() => parseReport("milliseconds", "old.json")).toThrow(
      new RangeError("Expected old.json to hold JSON, got something else."),
    );
    for (const text of ["null", "{}", '{"machine": {"cpu": "Abacus"}, "rows": [{}]}'])
      expect(() => parseReport(text, "old.json")).toThrow(
        new RangeError("Expected old.json to hold figures that --json wrote, got something else."),
      );
  });
});
