import { createRequire } from "node:module";
import util from "node:util";
import { expect, it } from "vitest";
import { ended } from "../files/process.mjs";
import { restoreLegacyUtil, restoringLegacyUtil } from "./legacy-util.mjs";

it("gives CommonJS modules the functions that newer Nodes lack", () => {
  restoreLegacyUtil(util);
  const required = createRequire(import.meta.url)("util");
  expect([null, undefined, 0, ""].map(required.isNullOrUndefined)).toEqual([true, true, false, false]);
  expect([[], "a"].map(required.isArray)).toEqual([true, false]);
});

it("does so in another process", async () => {
  const program = `
    for (const name of ["isNullOrUndefined", "isArray"]) delete require("util")[name];
    ${restoringLegacyUtil}
    const { isNullOrUndefined, isArray } = require("util");
    console.log(isNullOrUndefined(null), isNullOrUndefined(0), isArray([]), isArray("a"));`;
  const { stdout } = await ended(process.execPath, ["--eval", program]);
  expect(stdout).toBe("true false true false\n");
});
