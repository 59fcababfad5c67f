import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tryEngine } from "./engine-trials.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A command in place of this one. */
async function commandOf(code: string): Promise<string> {
  const path = join(folder, `${Math.random()}.cjs`);
  await writeFile(path, code);
  return path;
}

it("believes what a trial answers, whatever was printed before", async () => {
  const command = await commandOf(`
    console.log("Hello from TensorFlow.");
    console.log(JSON.stringify({ name: process.argv[3], available: true, device: process.argv.slice(2).join(" ") }));`);
  expect(await tryEngine("native", { seconds: 2, command })).toEqual({
    name: "native",
    available: true,
    device: "try-engine native 2",
  });
});

it("survives a crash", async () => {
  const command = await commandOf('console.error("Illegal instruction"); process.abort();');
  const { available, reason } = await tryEngine("native", { command });
  expect(available).toBe(false);
  expect(reason).toMatch(
    /^The trial of the engine native, in a process of its own, crashed with .+\. Install it anew with `brushwork engines install native`, or use another engine\.$/,
  );
});

it("ends what hangs", async () => {
  const { reason } = await tryEngine("wasm", { command: await commandOf("for (;;);"), patience: 0.5 });
  expect(reason).toBe(
    "The trial of the engine wasm, in a process of its own, did not answer within 0.5 seconds. " +
      "Use another engine.",
  );
});

it("misses an answer", async () => {
  const { reason } = await tryEngine("webgpu", { command: await commandOf("") });
  expect(reason).toContain("gave no answer. Install it anew with `brushwork engines install webgpu`");
});
