import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "@brushwork/networks";
import { presets } from "@brushwork/recipes";
import type { Checkpoint, RunEvent } from "@brushwork/runs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointBytes, checkpointFile, readCheckpoint } from "./checkpoint-file.js";

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const array = (...data: readonly number[]) => ({ shape: [data.length], data: Float32Array.from(data) });

/** A checkpoint after so many steps. */
const checkpointOf = (steps: number): Checkpoint => ({
  recipe: presets.default.recipe,
  engine: "wasm",
  inputs: [["the content", "4×4 ab"]],
  weights: { style: 0.1 },
  state: {
    optimizer: "adam",
    steps: [steps],
    ended: false,
    backOffs: 1,
    since: 2,
    unit: 0.1,
    weights: [1, 1 / 3],
    totals: [1e-7, 5e300],
    kept: 1,
    state: { steps: 2, mean: ["tensor", "optimizer.mean"], pairs: ["array", 1, ["tensor", "s"]] },
    arrays: { image: array(0.1, -0, 1e-40), "optimizer.mean": array(3, 4), s: { ...array(7), shape: [] } },
  },
});

describe("a checkpoint file", () => {
  it("keeps every number to the last bit, and a note", async () => {
    const stored = { checkpoint: checkpointOf(3), note: { output: "night.png" } };
    await writeFile(at("a"), checkpointBytes(stored));
    expect(await readCheckpoint(at("a"))).toEqual(stored);
    expect(await readCheckpoint(checkpointBytes(stored))).toEqual(stored);
  });

  it("is refused when it is cut off, whatever is left of it", async () => {
    const whole = checkpointBytes({ checkpoint: checkpointOf(3) });
    for (let length = 0; length < whole.length; length += 97) {
      await writeFile(at("cut"), whole.subarray(0, length));
      await expect(readCheckpoint(at("cut"))).rejects.toThrow(
        `Expected ${at("cut")} to be a whole checkpoint, got a damaged one (`,
      );
    }
  });

  it("is refused when a bit of it is wrong", async () => {
    const whole = checkpointBytes({ checkpoint: checkpointOf(3) });
    for (let bit = 0; bit < 8 * whole.length; bit += 311) {
      const wrong = whole.slice();
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(at("wrong"), wrong);
      const found = await readCheckpoint(at("wrong")).catch((error: Error) => error.message);
      // A bit of the padding, or of a letter's case in the header, may not matter.
      if (typeof found === "string") expect(found).toContain(at("wrong"));
      else expect(found).toEqual({ checkpoint: checkpointOf(3) });
    }
  });

  it("is refused when it is another version's, or something else", async () => {
    const arrays = readSafetensors(checkpointBytes({ checkpoint: checkpointOf(3) }));
    await writeFile(at("new"), writeSafetensors(arrays, { metadata: { "brushwork.checkpoint": "2" } }));
    await expect(readCheckpoint(at("new"))).rejects.toThrow(
      `Expected ${at("new")} to be of format 1, got 2: go on with the version of Brushwork that wrote it, or paint anew.`,
    );
    await writeFile(at("weights"), writeSafetensors(arrays));
    await expect(readCheckpoint(at("weights"))).rejects.toThrow(
      "to be the checkpoint of a run, got another file",
    );
    await expect(readCheckpoint(at("gone"))).rejects.toThrow(
      `Expected ${at("gone")} to be the checkpoint of a run, but there is no such file.`,
    );
  });
});

describe("keeping checkpoints", () => {
  async function* events(...steps: readonly number[]): AsyncGenerator<RunEvent> {
    for (const index of steps) yield { type: "checkpoint", checkpoint: checkpointOf(index), index };
    yield { type: "paused", index: 9 };
  }
  const stepsIn = async (path: string) => (await readCheckpoint(path)).checkpoint.state.steps;

  it("replaces each by the next, hands other events on, and deletes the last", async () => {
    let written = 0;
    const file = checkpointFile(at("a"), { pace: { written: () => written++ } });
    expect(file.path).toBeUndefined();
    const seen: RunEvent[] = [];
    for await (const event of file.keeping(events(1, 2))) seen.push(event);
    expect(seen).toEqual([{ type: "paused", index: 9 }]);
    expect(written).toBe(2);
    expect(file.path).toBe(at("a"));
    expect(await stepsIn(at("a"))).toEqual([2]);
    expect(await readdir(folder)).toEqual(["a"]);
    await file.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes beside a file that is to stay", async () => {
    await writeFile(at("a"), "another's");
    const file = checkpointFile(at("a"), { pace: { written() {} }, replace: false });
    for await (const _ of file.keeping(events(1, 2))) expect(file.path).toBe(at("a-2"));
    expect(await stepsIn(at("a-2"))).toEqual([2]);
    await file.remove();
    expect(await readFile(at("a"), "utf8")).toBe("another's");
  });

  it("reports that it could not be written, and goes on", async () => {
    await writeFile(at("file"), "");
    const file = checkpointFile(at("file/a"), { pace: { written() {} } });
    const seen: RunEvent[] = [];
    for await (const event of file.keeping(events(1))) seen.push(event);
    expect(seen).toEqual([
      { type: "notice", kind: "no checkpoint", reason: expect.stringContaining(`${at("file")} is a file`) },
      { type: "paused", index: 9 },
    ]);
  });
});
