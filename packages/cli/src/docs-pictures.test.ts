import { readdir, readFile, stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { addSweepCommand } from "./commands/sweep-options.js";
import { type Commands, commandLine } from "./options.js";

const docs = new URL("../../../docs/", import.meta.url);
const page = await readFile(new URL("pictures.md", docs), "utf8");
const commands = page.match(/^brushwork .*/gm) ?? [];
const pictures = Array.from(page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g), ([, path]) => path ?? "");

describe("docs/pictures.md", () => {
  it.each(commands.map((command) => command.replace(/ +#.*/, "")))(
    "has a command that parses: %s",
    async (text) => {
      const called: unknown[] = [];
      const call = async (...given: unknown[]) => {
        called.push(given);
      };
      const program = commandLine(new Proxy({}, { get: () => call }) as Commands);
      addSweepCommand(program, { sweep: call });
      await program.parseAsync(text.split(" ").slice(1), { from: "user" });
      expect(called).toHaveLength(1);
    },
  );

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
