import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";

const library = new URL("../packages/backend-node/dist/index.js", import.meta.url);
const missing = existsSync(library) ? undefined : "the packages are not built (pnpm build)";

it.skipIf(missing !== undefined)(
  `threads do not keep a process from ending${missing ? `, skipped: ${missing}` : ""}`,
  async () => {
    const program = `
      const { startEngine } = await import(${JSON.stringify(library.href)});
      console.log((await startEngine("wasm", { threads: 2 })).device);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 300_000,
    });
    let printed = "";
    child.stdout.on("data", (chunk) => {
      printed += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, printed]).toEqual([0, "WebAssembly (SIMD, 2 threads)\n"]);
  },
  600_000,
);
