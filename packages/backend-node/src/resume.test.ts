import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Picture } from "@brushwork/core";
import { presets, type Recipe } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PaintOptions, paint } from "./paint.js";
import { writePicture } from "./pictures/picture-file.js";

let folder: string;
const at = (name: string) => join(folder, name);

const stripes = (width: number, height: number, period: number): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (Math.floor(i / 4 / period) % 2) * 120 + (i % 4) * 60,
  ),
});

const { terms } = presets.default.recipe;
const recipe: Recipe = {
  ...presets.default.recipe,
  // At shallow layers, since this asks for no look and paints often.
  terms: terms.map((term) =>
    term.loss === "tv"
      ? term
      : { ...term, options: { ...term.options, layers: ["relu2_1"], layerWeights: {} } },
  ),
  network: { name: "compact", pooling: "average" },
  scales: [
    { size: 24, steps: 4 },
    { size: 32, steps: 18 },
  ],
  margin: 8,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  await writePicture(at("photo.png"), stripes(48, 32, 5));
  await writePicture(at("painting.png"), stripes(32, 32, 3));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function painted(options: Partial<PaintOptions>, onStep?: (index: number) => Promise<unknown>) {
  const asked = { content: at("photo.png"), style: at("painting.png"), recipe, engine: "wasm" as const };
  for await (const event of paint({ ...asked, ...options }))
    if (event.type === "step") await onStep?.(event.index);
}

describe("a run that was killed", () => {
  it("leaves a checkpoint at whatever step, from which its picture is painted to the last bit", async () => {
    const checkpoint = at("run.checkpoint");
    // At each step, there lies what a killed process would leave: the checkpoint of the step before.
    await painted({ output: at("whole.png"), checkpoint, wantsCheckpoint: () => true }, async (index) =>
      index > 1 ? copyFile(checkpoint, at(`killed-${index}`)) : undefined,
    );
    const whole = await readFile(at("whole.png"));
    for (let index = 2; index <= 22; index++) {
      let steps = 0;
      const resume = at(`killed-${index}`);
      await painted({ output: at("out.png"), resume, recipe: presets.sketch.recipe }, async () => steps++);
      expect(steps).toBe(23 - index);
      expect((await readFile(at("out.png"))).equals(whole)).toBe(true);
      await rm(resume);
    }
    expect((await readdir(folder)).sort()).toEqual(["out.png", "painting.png", "photo.png", "whole.png"]);
  });

  it("leaves the checkpoint that it went on from until it is done", async () => {
    const checkpoint = at("again.checkpoint");
    const resume = { checkpoint, resume: checkpoint };
    const asked = { content: at("photo.png"), style: at("painting.png"), recipe, engine: "wasm" as const };
    for await (const event of paint({ ...asked, checkpoint }))
      if (event.type === "step" && event.index === 2) break;
    for await (const event of paint({ ...asked, ...resume })) if (event.type === "step") break;
    expect(await readdir(folder)).toContain("again.checkpoint");
    await painted({ ...resume, output: at("out.png") });
    expect((await readFile(at("out.png"))).equals(await readFile(at("whole.png")))).toBe(true);
    expect(await readdir(folder)).not.toContain("again.checkpoint");
  });

  it("goes on with the same pictures only, and writes no checkpoint over one of them", async () => {
    const checkpoint = at("run.checkpoint");
    const asked = { content: at("photo.png"), style: at("painting.png"), recipe, engine: "wasm" as const };
    for await (const event of paint({ ...asked, checkpoint }))
      if (event.type === "step" && event.index === 2) break;
    await expect(painted({ resume: checkpoint, style: stripes(32, 32, 4) })).rejects.toThrow(
      "Expected style 1 to be the picture that the run was painting with, got another one",
    );
    await expect(painted({ checkpoint: at("photo.png") })).rejects.toThrow(
      "Expected an output that is not an input",
    );
  });
});
