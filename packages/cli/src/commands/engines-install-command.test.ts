import { expect, it } from "vitest";
import { quietPullProgress } from "../reports/pull-progress.js";
import { installProgress } from "./engines-install-command.js";

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
  let told = "";
  const write = (text: string) => {
    told += text;
  };
  installProgress({}, write, () => quietPullProgress).installed({ engine, ...installation });
  expect(told).toBe(`The engine webgpu ${text}\n`);
});
