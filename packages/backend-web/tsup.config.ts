import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";

// Once for all builds, which run side by side.
rmSync("dist", { recursive: true, force: true });
copyAssets();

export default defineConfig([
  // What a page loads: of our own packages the parts that it uses, which need no TensorFlow.js.
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

/** What workers fetch, of other packages: beside the code under the same path from src and from dist. */
function copyAssets(): void {
  const { resolve } = createRequire(import.meta.url);
  const backend = dirname(resolve("@tensorflow/tfjs-backend-wasm"));
  const files = [
    ...["", "-simd", "-threaded-simd"].map((kind) => join(backend, `tfjs-backend-wasm${kind}.wasm`)),
    "../networks/assets/compact.safetensors",
  ];
  mkdirSync("assets", { recursive: true });
  for (const file of files) copyFileSync(file, join("assets", file.split(/[\\/]/).at(-1) ?? ""));
}
