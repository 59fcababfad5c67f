import { readdir, readFile, stat } from "node:fs/promises";
import { pullableNetworks } from "@brushwork/backend-node/names";
import { describe, expect, it } from "vitest";
import { addBatchCommand } from "./commands/batch-options.js";
import { addEnginesInstallCommands } from "./commands/engines-install-options.js";
import { addRebuildCommands } from "./commands/rebuild-options.js";
import { addResumeCommand } from "./commands/resume-options.js";
import { addServeCommand } from "./commands/serve-options.js";
import { addSweepCommand } from "./commands/sweep-options.js";
import { addVideoCommand } from "./commands/video-options.js";
import { addWeightsCommands } from "./commands/weights-options.js";
import { addQueueCommands } from "./commands/work-options.js";
import { commandLine } from "./options.js";

const root = new URL("../../../", import.meta.url);
const docs = new URL("docs/", root);

const pages = [
  "README.md",
  ...(await readdir(docs)).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...["cli", "backend-node", "networks", "recipes"].map((name) => `packages/${name}/README.md`),
];

/** The commands in the blocks of a page, without comments. */
async function commandsOf(page: string): Promise<readonly string[]> {
  const text = await readFile(new URL(page, root), "utf8");
  return Array.from(text.matchAll(/^(?:brushwork|npx @brushwork\/cli) (.*)/gm), ([, words = ""]) =>
    words.replace(/(^| +)#.*/, "").replace(/ *[|>&].*/, ""),
  );
}

/** Parses a command line with every command there is. @returns how often one of them would have been carried out */
async function called(words: string): Promise<number> {
  let calls = 0;
  const count = async () => void calls++;
  const stub = <Commands extends object>() => new Proxy({}, { get: () => count }) as Commands;
  const program = commandLine(stub());
  addResumeCommand(program, stub());
  addBatchCommand(program, stub());
  addSweepCommand(program, stub());
  addVideoCommand(program, stub());
  addRebuildCommands(program, stub());
  addServeCommand(program, stub());
  addQueueCommands(program, stub());
  for (const engines of program.commands.filter((command) => command.name() === "engines"))
    addEnginesInstallCommands(engines, stub());
  addWeightsCommands(program, pullableNetworks, stub());
  await program.parseAsync(words.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [], {
    from: "user",
  });
  return calls;
}

describe("every command in the documents parses", () => {
  it.each(pages)("%s", async (page) => {
    for (const words of await commandsOf(page)) {
      if (/^(--help|--version|help)\b/.test(words)) continue;
      const calls = await called(words).catch((error: Error) => error.message);
      expect(calls, `brushwork ${words}`).toBe(1);
    }
  });

  it("which are many", async () => {
    expect((await Promise.all(pages.map(commandsOf))).flat().length).toBeGreaterThan(100);
  });
});

describe("docs/pictures.md", async () => {
  const page = await readFile(new URL("pictures.md", docs), "utf8");
  const pictures = Array.from(page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g), ([, path]) => path ?? "");

  it("shows pictures that are there", async () => {
    expect(pictures.length).toBeGreaterThan(10);
    for (const path of pictures) expect((await stat(new URL(path, docs))).size).toBeGreaterThan(0);
  });

  it("comes with pictures of less than 4 MB in all", async () => {
    const folder = new URL("images/", docs);
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (name) => (await stat(new URL(name, folder))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4e6);
  });
});
