import { defineConfig } from "tsup";
import { base } from "../tsup.config.base.js";

export default defineConfig({
  ...base,
  entry: ["src/main.ts", "src/engine-process.ts", "src/style-losses.ts", "src/commands.ts"],
  dts: false,
});
