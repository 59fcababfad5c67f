import type { Options } from "tsup";

/** How every package is built: ESM with declarations, dependencies left outside. */
export const base: Options = {
  entry: ["src/index.ts"],
  format: "esm",
  target: "es2022",
  clean: true,
  sourcemap: true,
  // Its own tsconfig, without the source condition: declarations come from built packages.
  tsconfig: "tsconfig.build.json",
  dts: true,
  skipNodeModulesBundle: true,
};
