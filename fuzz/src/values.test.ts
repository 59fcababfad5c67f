import { serve } from "@brushwork/backend-web/worker";
import { formatRecipe, parseRecipe, presets } from "@brushwork/recipes";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hashOf, parseHash } from "../../apps/demo/src/settings/link.js";
import { usualSettings } from "../../apps/demo/src/settings/settings.js";
import { readRecipe } from "../../packages/cli/src/files/recipe-source.js";
import { mutatedText, mutatedValue } from "./mutations.js";
import { inputFile, tryAll } from "./trial.js";

const recipes = Object.values(presets).map(({ recipe }) => recipe);

describe("mutated recipes", () => {
  const read = (value: unknown) => {
    const text = formatRecipe(parseRecipe(value));
    expect(formatRecipe(parseRecipe(JSON.parse(text)))).toBe(text);
  };

  it("are read as values, or refused", () => tryAll(mutatedValue(recipes), read));

  it("are read as text, or refused by name", () =>
    tryAll(mutatedText(recipes.map(formatRecipe)), () => readRecipe(inputFile), { name: inputFile }));
});

it("mutated links are read, or refused", async () => {
  const names = { photograph: ["cat", "coffee"], painting: ["church"] };
  const losses = [{ loss: "style", weight: 100, options: { layers: ["relu1_1"] } }];
  const links = [
    hashOf({
      settings: usualSettings,
      losses,
      photograph: "cat",
      paintings: ["church", undefined, "church"],
      masks: [1, 4],
      styleMasks: [2],
      weights: [1, 3.2],
    }),
    hashOf({
      settings: { ...usualSettings, preset: "paper", balance: -40, size: 640 },
      losses: [],
      photograph: undefined,
      paintings: [],
      masks: [],
      styleMasks: [],
      weights: [],
    }),
  ];
  await tryAll(mutatedText(links), (hash) => {
    const linked = parseHash(hash, names);
    expect(parseHash(hashOf(linked), names)).toEqual(linked);
  });
});

describe("mutated messages of a page", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A worker's answer to a message; undefined where it takes the message without one. */
  function worker(): (message: unknown) => Promise<unknown> {
    let listener: (event: { data: unknown }) => void = () => {};
    let answered: (reply: unknown) => void = () => {};
    vi.stubGlobal("addEventListener", (_: string, added: typeof listener) => {
      listener = added;
    });
    vi.stubGlobal("postMessage", (reply: unknown) => answered(reply));
    serve();
    return (message) =>
      new Promise((resolve) => {
        answered = resolve;
        listener({ data: message });
      });
  }

  it("are checked as recipes, or refused", async () => {
    const ask = worker();
    await tryAll(mutatedValue(recipes), async (recipe) => {
      const reply = (await ask({ type: "check", recipe })) as { type: string; error?: { message: string } };
      if (reply.type !== "checked") throw new Error(reply.error?.message);
    });
  });
});
