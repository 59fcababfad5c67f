import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./content-security-policy.js";
import { offline } from "./offline.js";
import { ownWorker } from "./own-worker.js";

export default defineConfig({
  // The page works in any folder of any file host.
  base: "./",
  plugins: [contentSecurityPolicy(), ownWorker(), offline()],
  // A module is 8 % smaller than a classic script.
  worker: { format: "es" },
  // Otherwise the server discovers what only the worker imports during a run, and reloads the page.
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
