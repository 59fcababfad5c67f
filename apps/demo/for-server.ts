import type { Plugin } from "vite";

/** What only a page that paints by itself needs: workers, engines and networks. */
const unused = /-worker-[^/]*\.js$|\/wasm-thread-[^/]*\.js$|\.wasm$|\.safetensors$/;

/** Removes from the build what `brushwork serve` does in the page's place, and what is not true of its page. */
export function forServer(): Plugin {
  return {
    name: "for-server",
    apply: "build",
    enforce: "post",
    transformIndexHtml: (html) =>
      html
        .replace(/^ *<link rel="manifest".*\n/m, "")
        .replace(
          /in your browser\. Private: no picture leaves your computer\./,
          "on the machine of this server.",
        ),
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (unused.test(`/${name}`)) delete bundle[name];
    },
  };
}
