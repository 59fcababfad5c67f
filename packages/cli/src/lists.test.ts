import { networkNames } from "@brushwork/backend-node";
import { presets } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { outcomeOf } from "./command.fixture.js";

async function listed(...words: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await outcomeOf([...words, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

describe("lists as JSON", () => {
  it("presets, each with its recipe", async () => {
    const names = Object.entries(presets).map(([name, { recipe }]) => ({ name, recipe }));
    expect(await listed("presets")).toMatchObject({ presets: JSON.parse(JSON.stringify(names)) });
  });

  it("networks, and whether their weights are there", async () => {
    expect(await listed("networks")).toMatchObject({
      networks: networkNames.map((name) => ({ name, available: expect.any(Boolean) })),
    });
    expect(await listed("networks")).toMatchObject({
      networks: expect.arrayContaining([
        {
          name: "compact",
          available: true,
          layers: expect.arrayContaining(["relu5_1"]),
          weights: expect.any(String),
        },
      ]),
    });
  });

  it.each([["weights"], ["weights", "list"]])("weights that can be pulled: %s %s", async (...words) => {
    expect(await listed(...words)).toMatchObject({
      weights: expect.arrayContaining([
        expect.objectContaining({ name: "vgg19", published: expect.any(Object) }),
      ]),
    });
  });
});

describe("help", () => {
  it.each([
    [["help"], "Usage: brushwork CONTENT STYLE"],
    [["help", "sweep"], "Usage: brushwork sweep"],
    [["help", "weights", "pull"], "Usage: brushwork weights pull NETWORK"],
  ])("%j", async (words, beginning) => {
    const { code, stdout } = await outcomeOf(words);
    expect([code, stdout.slice(0, beginning.length)]).toEqual([0, beginning]);
    const withOption = await outcomeOf([...words.slice(1), "--help"]);
    expect(stdout).toBe(withOption.stdout);
  });

  it.each([
    [
      ["help", "wieghts"],
      'Expected a command after "brushwork help", got "wieghts". Did you mean "brushwork weights"?',
    ],
    [
      ["help", "weights", "fetch"],
      'Expected a command after "brushwork help weights", got "fetch". There are ',
    ],
    [
      ["help", "presets", "all"],
      'Expected a command after "brushwork help presets", got "all". There are none.',
    ],
  ])("%j is refused", async (words, sentence) => {
    const { code, stderr } = await outcomeOf(words);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
