import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Gives the service worker the list of the page's files, and every build a version. */
export function offline(): Plugin {
  let publicFolder = "";
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      publicFolder = config.publicDir;
    },
    generateBundle(_, bundle) {
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk")
        throw new Error("Expected the build to have a service worker, found none.");
      const digest = createHash("sha256");
      for (const output of Object.values(bundle))
        digest.update(output.type === "chunk" ? output.code : output.source);
      const publicFiles = readdirSync(publicFolder);
      for (const name of publicFiles) digest.update(readFileSync(join(publicFolder, name)));
      const files = [...Object.keys(bundle), ...publicFiles]
        .filter((name) => name !== worker.fileName)
        // Some hosts redirect requests for the file, and browsers show no page that was kept after a redirect.
        .map((name) => (name === "index.html" ? "./" : name));
      worker.code = worker.code
        .replace("__FILES__", JSON.stringify(files))
        .replace("__VERSION__", JSON.stringify(digest.digest("hex").slice(0, 12)));
    },
  };
}
