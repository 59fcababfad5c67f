import type { Plugin } from "vite";

/** Removes the package's worker from the build: the page has its own, and visitors would keep both offline. */
export function ownWorker(): Plugin {
  return {
    name: "own-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const unused = Object.keys(bundle).filter((name) => /\/default-worker-[^/]*\.js$/.test(name));
      if (unused.length !== 1)
        throw new Error(
          `Expected the build to have the package's worker once, found it ${unused.length} times.`,
        );
      for (const name of unused) delete bundle[name];
    },
  };
}
