import { existsSync } from "node:fs";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Tests run from source: each package offers it under this condition of its exports.
const conditions = ["@brushwork/source", ...defaultServerConditions];

// The GPU in software that Debian's Chromium brings: WebGPU is tested on it in Node too, unless another is chosen.
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const vulkan = process.env.VK_ICD_FILENAMES ?? (existsSync(swiftShader) ? swiftShader : undefined);

export default defineConfig({
  test: {
    env: {
      ...(vulkan !== undefined && { VK_ICD_FILENAMES: vulkan }),
      // Whoever runs the tests may have set them for their own paintings.
      BRUSHWORK_ENGINE: "",
      BRUSHWORK_THREADS: "",
      BRUSHWORK_QUEUE: "",
      BRUSHWORK_STORE: "",
    },
    // TensorFlow.js greets on the console in every worker.
    silent: "passed-only",
    projects: [
      {
        ssr: { resolve: { conditions } },
        resolve: { conditions },
        test: {
          name: "node",
          environment: "node",
          setupFiles: ["tests/one-thread.ts"],
          include: [
            "packages/**/src/**/*.test.ts",
            "apps/**/src/**/*.test.ts",
            "bench/src/**/*.test.ts",
            "tests/**/*.test.ts",
            "fuzz/**/*.test.ts",
            "training/**/*.test.ts",
          ],
          pool: "forks",
          // By default one core is left idle, which on two is half of them.
          maxWorkers: "100%",
          // They guard against what hangs, on machines that are ten times slower at times.
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
      {
        ssr: { resolve: { conditions } },
        resolve: { conditions },
        test: {
          // Drives a real Chromium, after the others. Pages mostly compute on one thread, and tests wait for them.
          name: "browser",
          environment: "node",
          include: ["packages/*/browser/**/*.test.ts", "apps/*/browser/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          globalSetup: ["tests/chromium-setup.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
