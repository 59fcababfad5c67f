import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";
import { wasmThread } from "./src/engines/wasm-thread.js";

// Once for all builds, which run side by side.
rmSync("dist", { recursive: true, force: true });
copyAssets();

export default defineConfig([
  // What a page loads: the parts of our own packages that it uses, which need no TensorFlow.js. It imports nothing, so
  // that it also works on a page without a bundler.
  {
    ...base,
    clean: false,
    noExternal: ["@brushwork/core", "@brushwork/networks", "@brushwork/recipes", "@brushwork/runs"],
    esbuildOptions: fromSource,
  },
  // For workers of one's own, which share TensorFlow.js with losses of one's own.
  { ...base, clean: false, entry: ["src/worker.ts"] },
  // In one piece, so that no bundler has anything to find in it but its assets.
  {
    ...base,
    clean: false,
    entry: ["src/default-worker.ts"],
    dts: false,
    sourcemap: false,
    minify: true,
    splitting: false,
    platform: "browser",
    skipNodeModulesBundle: false,
    noExternal: [/./],
    esbuildOptions: fromSource,
  },
]);

function fromSource(options: { conditions?: string[] }): void {
  options.conditions = ["@brushwork/source"];
}

/** What workers fetch, out of other packages. */
function copyAssets(): void {
  const require = createRequire(import.meta.url);
  const backend = dirname(require.resolve("@tensorflow/tfjs-backend-wasm"));
  const files = [
    ...["", "-simd", "-threaded-simd"].map((kind) => join(backend, `tfjs-backend-wasm${kind}.wasm`)),
    "../networks/assets/compact.safetensors",
  ];
  mkdirSync("assets", { recursive: true });
  for (const file of files) copyFileSync(file, join("assets", file.split(/[\\/]/).at(-1) ?? ""));
  const threads = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd";
  const { wasmWorkerContents } = require(`${threads}.worker.js`) as { readonly wasmWorkerContents: string };
  const main = readFileSync(require.resolve(`${threads}.js`), "utf8");
  // Line breaks within the worker's strings were unescaped when it was packed into one.
  writeFileSync("assets/wasm-thread.js", wasmThread(main, wasmWorkerContents.replace(/\n/g, "\\n")));
}
