import { cp, readFile, rename, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";

/** A command alone: nothing to import, so no declarations. */
export default defineConfig({
  ...base,
  entry: ["src/bin.ts"],
  dts: false,
  // They take 2 MB as packages, most of it for other runtimes, and 50 kB here.
  noExternal: ["hono", "@hono/node-server"],
  onSuccess: addPage,
});

/** Puts the page of `brushwork serve` beside the command, with the licences of what both bundle. */
async function addPage(): Promise<void> {
  await cp("../../apps/demo/dist-server", "dist/page", { recursive: true });
  await rename("dist/page/.vite/license.md", "dist/page/licenses.md");
  await rmdir("dist/page/.vite");
  const own = ["hono", "@hono/node-server"].map(async (name) => {
    const license = await readFile(join("node_modules", name, "LICENSE"), "utf8");
    return `\n---\n\n## ${name} (MIT)\n\n${license}`;
  });
  const bundled = await readFile("dist/page/licenses.md", "utf8");
  await writeFile("dist/page/licenses.md", [bundled, ...(await Promise.all(own))].join("\n"));
}
