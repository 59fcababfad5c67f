import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";

/** A command alone: nothing to import, so no declarations. */
export default defineConfig({ ...base, entry: ["src/bin.ts"], dts: false });
