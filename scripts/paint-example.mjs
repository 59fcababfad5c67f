// What `npm start` shows: the example photograph in the style of the example painting.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const output = path("painted/example.png");
mkdirSync(path("painted"), { recursive: true });

const { status } = spawnSync(
  process.execPath,
  [
    path("packages/cli/dist/bin.js"),
    path("examples/content.jpg"),
    path("examples/style.jpg"),
    ...["--network", "compact", "--output", output, "--force"],
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
if (status === 0) console.log(`\nThe picture is at ${output}`);
process.exitCode = status ?? 1;
