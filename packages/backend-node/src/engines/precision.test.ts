import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfEngine } from "../../../../tests/absence-of-engine.js";
import { startEngine } from "./engines.js";
import { native } from "./native.js";

const missing = await absenceOfEngine("native", () => native.load({ precision: "fast", byName: true }));
const cpuFlags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8").split(/\s+/) : [];
/** oneDNN computes convolutions of float32 in bf16 on these alone; avx512_bf16 is not enough. */
const withoutAmx = cpuFlags.includes("amx_bf16") ? undefined : "the CPU has no AMX for bf16";

/** Values with more digits than bf16 has: the numbers from 1 to 1.99, by hundredths. */
const values = (size: number) => Float32Array.from({ length: size }, (_, i) => 1 + (i % 100) / 100);
const [imageShape, filterShape] = [[1, 32, 32, 64] as const, [3, 3, 64, 64] as const];
const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

describe.skipIf(missing !== undefined)(`native, fast${missing ? `, skipped: ${missing}` : ""}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine("native", { precision: "fast" });
  });
  afterAll(() => engine?.stop());

  it("says so, and sets what TensorFlow's library asks for", () => {
    expect(engine.device).toMatch(/^TensorFlow \d+\.\d+\.\d+ \(CPU, \d+ threads?, fast precision\)$/);
    expect(process.env.ONEDNN_DEFAULT_FPMATH_MODE).toBe("BF16");
  });

  it.skipIf(withoutAmx)(
    `computes a convolution with fewer digits than by default${withoutAmx ? `, skipped: ${withoutAmx}` : ""}`,
    async () => {
      const fast = await tf
        .conv2d(
          tf.tensor4d(values(sizeOf(imageShape)), [...imageShape]),
          tf.tensor4d(values(sizeOf(filterShape)), [...filterShape]),
          1,
          "same",
        )
        .data();
      const [byDefault, full] = await Promise.all([convolution({}), convolution({ mode: "STRICT" })]);
      expect(full).toEqual(byDefault);
      const differences = byDefault.map((value, i) => Math.abs((fast[i] ?? 0) - value) / value);
      expect(Math.max(...differences)).toBeGreaterThan(0);
      // bf16 keeps 8 bits.
      expect(Math.max(...differences)).toBeLessThan(2 ** -7);
    },
  );
});

/** The same convolution by TensorFlow alone, in a process of its own. */
async function convolution({ mode }: { readonly mode?: string }): Promise<readonly number[]> {
  const script = `
    Object.assign(require("node:util"), { isNullOrUndefined: (value) => value == null, isArray: Array.isArray });
    const tf = require(process.argv[1]);
    const values = ${values};
    const sizeOf = ${sizeOf};
    const [image, filter] = ${JSON.stringify([imageShape, filterShape])}
      .map((shape) => tf.tensor4d(values(sizeOf(shape)), shape));
    console.log("\\n" + JSON.stringify(Array.from(tf.conv2d(image, filter, 1, "same").dataSync())));`;
  const path = createRequire(import.meta.url).resolve("@tensorflow/tfjs-node");
  const { ONEDNN_DEFAULT_FPMATH_MODE: _, ...environment } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", script, path], {
    env: { ...environment, ...(mode && { ONEDNN_DEFAULT_FPMATH_MODE: mode }) },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as number[];
}
