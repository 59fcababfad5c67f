import { defaultClientConditions, defineConfig } from "vite";
import { contentSecurityPolicy } from "./content-security-policy.js";
import { forServer } from "./for-server.js";
import { offline } from "./offline.js";
import { ownWorker } from "./own-worker.js";

/** The page that paints in the browser; in the mode "server" the one of `brushwork serve`, which does not. */
export default defineConfig(({ mode }) => {
  const served = mode === "server";
  return {
    // The page works in any folder of any file host.
    base: "./",
    plugins: [contentSecurityPolicy(), ...(served ? [forServer()] : [ownWorker(), offline()])],
    ...(served && { resolve: { conditions: ["server", ...defaultClientConditions] } }),
    // A module is 8 % smaller than a classic script.
    worker: { format: "es" },
    // Otherwise the server discovers what only the worker imports during a run, and reloads the page.
    optimizeDeps: { entries: ["index.html", "src/worker.ts"] },
    build: {
      target: "es2022",
      outDir: served ? "dist-server" : "dist",
      // A policy without inline pictures, and files that the browser keeps.
      assetsInlineLimit: 0,
      // The licences of what is bundled travel with the command that serves the page.
      license: served,
      rolldownOptions: {
        input: {
          page: "index.html",
          ...(!served && { "service-worker": "src/offline/service-worker.ts" }),
        },
        output: {
          // Its address stays the same, or the browser would never find the next version.
          entryFileNames: ({ name }) =>
            name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
        },
      },
    },
  };
});
