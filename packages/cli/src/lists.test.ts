import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkNames } from "@brushwork/backend-node";
import { presets } from "@brushwork/recipes";
import { describe, expect, it, vi } from "vitest";
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

describe("losses on npm", () => {
  /** What a registry answers, and what the command then prints. */
  async function searched(objects: readonly unknown[], ...words: readonly string[]) {
    const server = createServer((_, response) => response.end(JSON.stringify({ objects })));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    vi.stubEnv("npm_config_registry", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    try {
      return await outcomeOf(["losses", "--search", ...words]);
    } finally {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      server.close();
    }
  }
  const edges = { name: "brushwork-loss-edges", version: "1.2.0", description: "Matches\n\u001b[31medges" };

  it("are listed with what they say of themselves, and how to paint with them", async () => {
    const { code, stdout } = await searched([{ package: edges }], "edges");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "brushwork-loss-edges 1.2.0: Matches \\u001b[31medges",
      "",
      "Their code is by their authors, and has not been looked at. To paint with one:",
      "  npm install brushwork-loss-edges",
      "  brushwork photo.jpg painting.jpg --loss brushwork-loss-edges",
      "",
    ]);
    expect(JSON.parse((await searched([{ package: edges }], "--json")).stdout)).toEqual({ losses: [edges] });
  });

  it("may be none", async () => {
    expect((await searched([])).stdout).toBe("No package on npm has a loss.\n");
    expect((await searched([], "edges")).stdout).toBe(
      'No package on npm has a loss that is about "edges".\n',
    );
  });

  it("are not searched beside names", async () => {
    expect(await searched([], "soft", "edges")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("leave edges out, or quote the words"),
    });
  });
});
