import { expect, it } from "vitest";
import { installedText } from "./installed-text.js";

const engine = {
  name: "webgpu",
  folder: "/engines/webgpu",
  package: "webgpu",
  version: "0.6.2",
  downloads: [],
  installed: "2026-01-02T03:04:05.678Z",
} as const;

it.each([
  [{ unchanged: false }, "is installed and runs: webgpu 0.6.2, in /engines/webgpu."],
  [
    { unchanged: true },
    "is installed already and runs: webgpu 0.6.2, in /engines/webgpu. --force installs it again.",
  ],
  // That it runs would not be true.
  [{ unchanged: false, warning: "There is no GPU." }, "is installed: webgpu 0.6.2, in /engines/webgpu."],
])("an installation, %j", (installation, text) => {
  expect(installedText({ engine, ...installation })).toBe(`The engine webgpu ${text}`);
});

it("says the hashes of what was downloaded", () => {
  const downloads = [{ source: "https://m.example/a.tar.gz", bytes: 3, sha256: "ab12" }];
  expect(installedText({ engine: { ...engine, downloads }, unchanged: false })).toBe(
    "The engine webgpu is installed and runs: webgpu 0.6.2, in /engines/webgpu.\n" +
      "https://m.example/a.tar.gz\n  SHA-256 ab12",
  );
});
