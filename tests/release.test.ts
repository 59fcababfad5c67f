import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The published packages. */
const names = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
  .filter((path) => /^[^/\\]+[/\\]([^/\\]+[/\\])?package\.json$/.test(path) && !path.includes("node_modules"))
  .map((path) => JSON.parse(readFileSync(join(root, "packages", path), "utf8")))
  .filter((manifest) => !manifest.private && manifest.version !== undefined)
  .map(({ name }) => name);

// What packages hold is tested in packaging.test.ts. This needs npm's registry too, for the registry that it starts.
it("publishes every package, which npm then installs, and which paint", { timeout: 900_000 }, async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, "scripts/release.mjs"), "--dry-run", "--no-check"],
    { cwd: root, maxBuffer: 1e8 },
  );
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) expect(stdout).toMatch(new RegExp(`^\\+ ${name}@\\d+\\.\\d+\\.\\d+$`, "m"));
  expect(stdout).toContain(
    `Published ${names.length} of ${names.length} packages to a registry on this machine.`,
  );
  expect(stdout).toMatch(
    /Installed @brushwork\/cli \d+\.\d+\.\d+ with 15 packages of ours, and painted a picture\./,
  );
});
