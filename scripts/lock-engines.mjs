// Makes the lock file that an engine is installed from: its npm package with all that it depends on, as npm resolves
// them today, with the hash of every archive. Run it with the engine's name and NAME@VERSION when a version in
// packages/backend-node/src/install/engine-packages.ts changes.

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [engine, wanted] = process.argv.slice(2);
if (engine === undefined || !/.@\d+\.\d+\.\d+$/.test(wanted ?? "")) {
  console.error(
    "Expected an engine and its package, such as: node scripts/lock-engines.mjs webgpu webgpu@0.6.2",
  );
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "brushwork-lock-"));
try {
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: `brushwork-engine-${engine}`, private: true }),
  );
  const words = ["install", "--package-lock-only", "--ignore-scripts", "--save-exact", "--no-audit"];
  const { status } = spawnSync("npm", [...words, "--omit-lockfile-registry-resolved", wanted], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`npm did not resolve ${wanted}.`);
  const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
  // What npm ci does not read.
  for (const entry of Object.values(lock.packages))
    for (const key of ["license", "funding", "deprecated"]) delete entry[key];
  const file = new URL(`../packages/backend-node/assets/engines/${engine}.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(lock, undefined, 2)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
