import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./content-security-policy.js";
import { offline } from "./offline.js";
import { ownWorker } from "./own-worker.js";

export default defineConfig({
  // Any folder of any file host will do.
  base: "./",
  plugins: [contentSecurityPolicy(), ownWorker(), offline()],
  worker: {
    format: "es",
    // TensorFlow.js starts WebAssembly's threads from the text of a function, which asks whether a variable is defined.
    // Compressed, it no longer asks, and the threads fail.
    rolldownOptions: { output: { minify: { compress: false } } },
  },
  // Else the server comes upon what only the worker imports in mid-run, and loads the page again.
  optimizeDeps: { entries: ["index.html", "src/worker.ts"] },
  build: {
    target: "es2022",
    // A policy without inline pictures, and files that the browser keeps.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { page: "index.html", "service-worker": "src/offline/service-worker.ts" },
      output: {
        // Its address stays the same, or the browser would never find the next version.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
});
