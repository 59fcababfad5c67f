import "@tensorflow/tfjs-backend-cpu";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  compact,
  type NamedArray,
  type NamedArrays,
  readSafetensors,
  readWeights,
} from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Runs Python in this folder, with one thread, since other tests run beside. BRUSHWORK_PYTHON names another than the
 * first on the path, where npx puts the one beside Node.
 */
const python = (...words: readonly string[]) =>
  promisify(execFile)(process.env.BRUSHWORK_PYTHON ?? "python3", ["-B", ...words], {
    cwd: here,
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    maxBuffer: 2 ** 24,
  });

/** Why Python cannot train here, for titles; undefined where it can. It must where BRUSHWORK_EXPECT_TORCH is "yes". */
async function absenceOfTorch(): Promise<string | undefined> {
  try {
    await python("-c", "import torch, numpy, safetensors, PIL");
    return undefined;
  } catch (cause) {
    if (process.env.BRUSHWORK_EXPECT_TORCH === "yes") throw cause;
    const { code, stderr = "" } = cause as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") return "there is no python3";
    return stderr.trimEnd().split("\n").at(-1) || String(cause);
  }
}

const missing = await absenceOfTorch();

describe.skipIf(missing !== undefined)(
  `the training of compact${missing ? `, skipped: ${missing}` : ""}`,
  () => {
    it("passes its own tests", async () => {
      const { stderr } = await python("-m", "unittest");
      expect(stderr).toMatch(/^Ran [1-9]\d* tests in .*\n\nOK\n$/m);
    }, 600_000);

    describe("writes files that", () => {
      let folder: string;
      let features: NamedArrays;
      beforeAll(async () => {
        await tf.setBackend("cpu");
        folder = await mkdtemp(join(tmpdir(), "brushwork-"));
        await python("tiny_run.py", folder);
        features = readSafetensors(await readFile(join(folder, "features.safetensors")));
      }, 600_000);
      afterAll(() => rm(folder, { recursive: true, force: true }));

      const fileOf = { float32: "tiny.safetensors", float16: "tiny-half.safetensors" } as const;
      const layers = ["relu1_1", "relu3_1", "relu4_2", "relu5_1"];

      it.each(["float32", "float16"] as const)(
        "see in %s what PyTorch sees",
        async (type) => {
          const network = compact({ weights: await readWeights(await readFile(join(folder, fileOf[type]))) });
          const { shape, data } = features.picture as NamedArray;
          const found = network.features(tf.tensor4d(data, [1, ...shape] as [1, number, number, 3]), layers);
          for (const layer of layers) {
            const expected = features[`${type}/${layer}`] as NamedArray;
            expect(found[layer]?.shape, layer).toEqual([1, ...expected.shape]);
            const values = found[layer]?.dataSync() ?? [];
            const differences = expected.data.map((value, i) => value - (values[i] ?? Number.NaN));
            expect(largest(expected.data), layer).toBeGreaterThan(0);
            expect(largest(differences) / largest(expected.data), layer).toBeLessThan(1e-3);
          }
          tf.dispose(found);
          network.dispose();
        },
        120_000,
      );
    });
  },
);

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
