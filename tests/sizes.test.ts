import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** Most bytes of each package's own code, without its dependencies, minified and compressed: what a page downloads. */
const limits: Readonly<Record<string, number>> = {
  "backend-node": 82_000,
  "backend-web": 20_800,
  // The server that it bundles is 20 kB of it, the client of S3 3 kB.
  cli: 94_000,
  core: 26_500,
  "create-brushwork-loss": 2500,
  "loss-plugins/content": 3000,
  "loss-plugins/histogram": 3000,
  "loss-plugins/laplacian": 3000,
  "loss-plugins/moments": 3000,
  "loss-plugins/nearest": 3000,
  "loss-plugins/style": 3000,
  "loss-plugins/tv": 3000,
  "loss-plugins/wasserstein": 3000,
  networks: 11_500,
  recipes: 11_900,
  runs: 13_000,
  testing: 10_800,
  webgpu: 10_600,
};

const found = ["", "loss-plugins"].flatMap((parent) =>
  readdirSync(join(packages, parent))
    .map((name) => join(parent, name))
    .filter((name) => existsSync(join(packages, name, "package.json"))),
);

it("every package has a limit", () => {
  expect(found.map((name) => name.replaceAll("\\", "/")).sort()).toEqual(Object.keys(limits).sort());
});

it.each(Object.entries(limits))("%s is at most %d bytes large", async (name, limit) => {
  const { bin, publishConfig } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
  const entry: string = Object.values(bin ?? {})[0] ?? publishConfig.exports["."].default;
  const { outputFiles } = await build({
    entryPoints: [join(packages, name, entry)],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    minify: true,
    write: false,
    logLevel: "silent",
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(limit);
});
