import { describe, expect, it } from "vitest";
import { goalTable } from "./goals.js";
import type { MeasuredRow } from "./report.js";
import { markdown, plainText, stepTable } from "./table.js";

const row: MeasuredRow = {
  engine: "native",
  device: "an abacus",
  precision: "full",
  network: "vgg19",
  size: 512,
  msPerStep: 900,
  gflops: 420,
  shareOfBestConvolution: 0.75,
  shareOfForward: 0.8,
  timesPlainGrad: null,
  peakBytes: 2 ** 29,
  noise: 0.04,
  profile: { convolution: 90, "outside kernels": 10 },
};

describe("tables", () => {
  const table = [
    ["engine", "ms"],
    ["wasm", "1000"],
  ];

  it("are aligned as text", () => {
    expect(plainText(table)).toBe("engine    ms\nwasm    1000");
  });

  it("are aligned as Markdown", () => {
    expect(markdown(table)).toBe("| engine |   ms |\n| ------ | ---: |\n| wasm   | 1000 |");
  });

  it("show a row's figures", () => {
    expect(stepTable([row])[1]).toEqual([
      ...["native", "full", "512²", "900", "420", "0.75", "0.80", "10 %", "–", "512 MiB", "±2 %"],
    ]);
  });

  it("say which figures were reached", () => {
    const fast: MeasuredRow = { ...row, precision: "fast", msPerStep: 450 };
    expect(goalTable([row, fast]).slice(1)).toEqual([
      ["native, full precision, 512²: share of the best convolution rate", "at least 0.60", "0.75"],
      ["native, fast precision, 512², against full precision, on a CPU with AMX", "at least 1.8×", "2.0×"],
      ["everything that is not a convolution, native, 512²", "at most 20 %", "10 %"],
    ]);
  });

  it("do not hold a real GPU to the goal of a software adapter", () => {
    const gpu: MeasuredRow = { ...row, engine: "webgpu", size: 128, device: "a GPU", timesPlainGrad: 3.8 };
    expect(goalTable([gpu])).toHaveLength(1);
    expect(goalTable([{ ...gpu, device: "SwiftShader (in software)" }])[1]?.at(-1)).toBe("3.8×");
  });
});
