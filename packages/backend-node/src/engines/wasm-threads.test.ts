import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { startEngine } from "./engines.js";

it.skipIf(process.platform === "win32")(
  "paints on one thread where none can be started, since the working folder was deleted",
  async () => {
    const before = process.cwd();
    const folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    process.chdir(folder);
    await rm(folder, { recursive: true });
    try {
      expect(() => process.cwd()).toThrow("uv_cwd");
      const engine = await startEngine("wasm", { threads: 2 });
      expect(engine.device).toMatch(/, 1 thread\)$/);
      expect([...(await tf.add(1, 2).data())]).toEqual([3]);
      await engine.stop();
    } finally {
      process.chdir(before);
    }
    const engine = await startEngine("wasm", { threads: 2 });
    expect(engine.device).toMatch(/, 2 threads\)$/);
    await engine.stop();
  },
);
