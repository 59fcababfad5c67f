import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { restoreLegacyUtil } from "./legacy-util.js";

it("gives CommonJS modules the functions that newer Nodes lack", () => {
  restoreLegacyUtil();
  const util = createRequire(import.meta.url)("util");
  expect([null, undefined, 0, ""].map(util.isNullOrUndefined)).toEqual([true, true, false, false]);
  expect([[], "a"].map(util.isArray)).toEqual([true, false]);
});
