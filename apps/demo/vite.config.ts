import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./content-security-policy.js";
import { offline } from "./offline.js";

export default defineConfig({
  // Any folder of any file host will do.
  base: "./",
  plugins: [contentSecurityPolicy(), offline()],
  worker: { format: "es" },
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
