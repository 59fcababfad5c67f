// Feeds mutated files, recipes, links and messages to whatever reads them: pnpm fuzz [--runs N] [--seed S] [--path P].
// An input that crashes the process, or that nothing has read after five minutes, is kept and named.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const patience = 300_000;

const { values, positionals } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    path: { type: "string" },
  },
  allowPositionals: true,
});
const folder = mkdtempSync(join(tmpdir(), "brushwork-fuzz-"));
console.log(`${values.runs} mutations of each kind, seed ${values.seed}`);

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, "run", "--project", "node", "--testTimeout", "0", "fuzz", ...positionals],
  {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: "inherit",
    env: {
      ...process.env,
      BRUSHWORK_FUZZ_RUNS: values.runs,
      BRUSHWORK_FUZZ_SEED: values.seed,
      BRUSHWORK_FUZZ_FOLDER: folder,
      ...(values.path && { BRUSHWORK_FUZZ_PATH: values.path }),
    },
  },
);

/** The inputs that are being read, or that nothing has survived. */
const inputs = () => readdirSync(folder).map((name) => join(folder, name));

const guard = setInterval(() => {
  const stuck = inputs().find((path) => Date.now() - statSync(path).mtimeMs > patience);
  if (stuck === undefined) return;
  console.error(`Nothing has read ${stuck} within ${patience / 1000} seconds.`);
  child.kill("SIGKILL");
}, 10_000);

child.on("exit", (code) => {
  clearInterval(guard);
  const left = inputs();
  if (left.length === 0) rmSync(folder, { recursive: true });
  else console.error(`Reading these did not end: ${left.join(", ")}`);
  process.exitCode = left.length > 0 ? 1 : (code ?? 1);
});
