import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { outcomeOf, pictureOf } from "./command.fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const words = () => [
  ...[pictureOf("photo.png"), pictureOf("strokes.png"), "--dry-run", "-o", join(folder, "out.png")],
  ..."--network compact --engine wasm --threads 1 --size 80 --scales 2 --scale-factor 1.25 --steps 3".split(
    " ",
  ),
  ...["--frames", join(folder, "film"), "--save-recipe", join(folder, "recipe.json")],
];

it("prints sizes, steps, memory, time, engine and output, and writes nothing", async () => {
  const { code, stdout, stderr } = await outcomeOf(words());
  expect([code, stdout]).toEqual([0, ""]);
  const [first, ...rest] = stderr.split("\n");
  expect(first).toMatch(
    /^photo\.png in the style of strokes\.png, 80×60, 2 scales, 6 steps, compact on wasm, WebAssembly \(.*\): about \d+ [KM]iB and [\d.]+ (ms|s)$/,
  );
  expect(rest).toEqual([
    "  64×48: 3 steps",
    "  80×60: 3 steps",
    `Would write ${join(folder, "out.png")}; nothing was painted.`,
    "",
  ]);
  expect(await readdir(folder)).toEqual([]);
});

it("prints the same for programs", async () => {
  const { code, stdout } = await outcomeOf([...words(), "--json"]);
  expect(code).toBe(0);
  const [plan, ...others] = stdout.split("\n");
  expect(others).toEqual([""]);
  expect(JSON.parse(plan ?? "")).toMatchObject({
    event: "plan",
    engine: "wasm",
    width: 80,
    height: 60,
    steps: 6,
    scales: [
      { width: 64, height: 48, steps: 3 },
      { width: 80, height: 60, steps: 3 },
    ],
    output: join(folder, "out.png"),
    bytes: expect.any(Number),
    seconds: expect.any(Number),
  });
});
