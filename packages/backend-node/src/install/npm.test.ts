import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { npmCommand, npmTrouble } from "./npm.js";

describe("which npm", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (...names: string[]) => {
    const path = join(folder, ...names);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
    return path;
  };
  const node = () => join(folder, "node/bin/node");
  const found = (environment: Record<string, string>, platform: NodeJS.Platform = "linux") =>
    npmCommand({ environment, platform, node: node() });

  it("the one that started this process, npx included", async () => {
    const npm = await file("own/npm-cli.js");
    expect(found({ npm_execpath: npm })).toEqual([node(), npm]);
    expect(found({ npm_execpath: join(folder, "own/npx-cli.js") })).toEqual([node(), npm]);
  });

  it("not pnpm, though that sets the same variable: the one that came with Node", async () => {
    const pnpm = await file("pnpm/pnpm.cjs");
    const npm = await file("node/lib/node_modules/npm/bin/npm-cli.js");
    expect(found({ npm_execpath: pnpm })).toEqual([node(), npm]);
  });

  it("else the one that the PATH names, if it can be run", async () => {
    const npm = await file("bin/npm");
    const path = { PATH: `${join(folder, "other")}:${join(folder, "bin")}` };
    expect(() => found(path)).toThrow("Expected npm beside Node or on the PATH, found none.");
    await chmod(npm, 0o755);
    expect(found(path)).toEqual([npm]);
  });

  it("on Windows, npm's own script, since npm.cmd needs a shell", async () => {
    const npm = await file("bin/node_modules/npm/bin/npm-cli.js");
    await file("bin/npm.cmd");
    expect(found({ Path: join(folder, "bin") }, "win32")).toEqual([node(), npm]);
  });
});

it.each([
  [
    "npm error code E404\nnpm error 404 Not Found - GET http://x/y - Not found\nnpm error 404\n",
    { code: "E404", reason: "404 Not Found - GET http://x/y - Not found" },
  ],
  [
    "npm ERR! code ENOSPC\nnpm ERR! syscall write\nnpm ERR! errno -28\nnpm ERR! nospc There is no room.\n",
    { code: "ENOSPC", reason: "nospc There is no room" },
  ],
  ["Killed", { reason: "it does not say why" }],
])("npm's own account: %j", (stderr, expected) => {
  expect(npmTrouble(stderr)).toEqual(expected);
});
