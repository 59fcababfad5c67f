import { expect, it } from "vitest";
import { checkGlibcForWebgpu, checkTensorflowOffered, checkTensorflowPlatform } from "./surroundings.js";

it.each([
  [{ platform: "linux", arch: "x64", glibc: "2.17" }],
  [{ platform: "linux", arch: "arm64", glibc: "2.31" }],
] as const)("TensorFlow can run: %j", (surroundings) => {
  expect(() => checkTensorflowPlatform(surroundings)).not.toThrow();
});

it.each([
  [{ platform: "win32", arch: "x64" }, /got Windows, for which none is published\. Use the engine webgpu/],
  [{ platform: "darwin", arch: "arm64" }, /got macOS, for which none is published\. Use the engine webgpu/],
  [{ platform: "freebsd", arch: "x64" }, /got freebsd on x64/],
  [{ platform: "linux", arch: "riscv64" }, /got linux on riscv64/],
  [{ platform: "linux", arch: "x64", glibc: null }, /a Linux with glibc.*such as Alpine\. .*wasm/],
] as const)("TensorFlow cannot run: %j", (surroundings, sentence) => {
  expect(() => checkTensorflowPlatform(surroundings)).toThrow(sentence);
});

it("what is downloaded is for x64; on arm64 a TensorFlow has to be there", () => {
  expect(() => checkTensorflowOffered({ arch: "x64" })).not.toThrow();
  expect(() => checkTensorflowOffered({ arch: "arm64" })).toThrow(/got arm64\. .*`libtensorflow`/);
});

it.each([
  ["linux", "2.34", undefined],
  ["linux", "2.40", undefined],
  ["linux", "2.4", /glibc 2\.34 or newer for the engine webgpu, got 2\.4\. Use a newer Linux/],
  ["linux", "2.31", /got 2\.31\./],
  ["linux", null, /got another C library\./],
  ["darwin", null, undefined],
] as const)("webgpu on %s with glibc %s", (platform, glibc, sentence) => {
  const check = () => checkGlibcForWebgpu({ platform, glibc });
  if (sentence === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(sentence);
});
