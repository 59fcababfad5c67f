// Runs a script of package.json through the pnpm that package.json pins, fetched by npx: a newcomer has only npm.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const { packageManager, engines } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

const [major, minor] = process.versions.node.split(".").map(Number);
const [leastMajor, leastMinor] = engines.node
  .replace(/[^\d.]/g, "")
  .split(".")
  .map(Number);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(
    `Expected Node ${engines.node}, got ${process.versions.node}: install a newer Node from nodejs.org.`,
  );
  process.exit(1);
}

for (const args of [
  // Offline first: an install that is already done, or whose packages are cached, needs no network.
  ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only", "--loglevel=warn"],
  ["run", ...process.argv.slice(2)],
]) {
  const { status, error } = spawnSync("npx", ["--yes", packageManager, ...args], {
    cwd: root,
    stdio: "inherit",
    // npx is a script on Windows, and scripts need a shell there.
    shell: process.platform === "win32",
  });
  if (error) {
    console.error(`Expected npx, which comes with npm, to start, got: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}
