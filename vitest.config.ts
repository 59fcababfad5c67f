import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Tests run from source: each package offers it under this condition of its exports.
const conditions = ["@brushwork/source", ...defaultServerConditions];

export default defineConfig({
  test: {
    // TensorFlow.js greets on the console in every worker.
    silent: "passed-only",
    projects: [
      {
        ssr: { resolve: { conditions } },
        resolve: { conditions },
        test: {
          name: "node",
          environment: "node",
          include: ["packages/**/src/**/*.test.ts", "tests/**/*.test.ts"],
          pool: "forks",
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
