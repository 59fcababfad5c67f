import { cp, readFile, rename, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";

/** Packages whose code is part of the command. */
const bundled = ["hono", "@hono/node-server", "aws4fetch"];

/** A command alone: nothing to import, so no declarations. */
export default defineConfig({
  ...base,
  entry: ["src/bin.ts"],
  dts: false,
  // They take 2 MB as packages, most of it for other runtimes, and 50 kB here.
  noExternal: bundled,
  onSuccess: addPage,
});

/** Puts the page of `brushwork serve` beside the command, with the licences of what both bundle. */
async function addPage(): Promise<void> {
  await cp("../../apps/demo/dist-server", "dist/page", { recursive: true });
  await rename("dist/page/.vite/license.md", "dist/page/licenses.md");
  await rmdir("dist/page/.vite");
  const own = bundled.map(async (name) => {
    const license = await readFile(join("node_modules", name, "LICENSE"), "utf8");
    return `\n---\n\n## ${name} (MIT)\n\n${license}`;
  });
  const licenses = await readFile("dist/page/licenses.md", "utf8");
  await writeFile("dist/page/licenses.md", [licenses, ...(await Promise.all(own))].join("\n"));
}
