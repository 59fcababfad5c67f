import type { Plugin } from "vite";

/** Leaves the package's own worker out of the build: the page has one with its losses, and visitors would keep both. */
export function ownWorker(): Plugin {
  return {
    name: "own-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const left = Object.keys(bundle).filter((name) => /\/default-worker-[^/]*\.js$/.test(name));
      if (left.length !== 1)
        throw new Error(`Expected the build to have the package's worker once, got ${left.length}.`);
      for (const name of left) delete bundle[name];
    },
  };
}
