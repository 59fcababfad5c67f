import { defineConfig } from "tsup";
import { base } from "../../tsup.config.base.js";

export default defineConfig({
  ...base,
  // Bundled declarations lose the references to the types of WebGPU, which are global.
  dts: { banner: '/// <reference types="@webgpu/types" />' },
});
