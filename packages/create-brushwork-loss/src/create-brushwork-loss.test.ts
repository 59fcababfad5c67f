import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namesOf } from "./loss-name.js";
import { main, type Surroundings } from "./main.js";

const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "create-brushwork-loss-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the command; a terminal is one where somebody types. */
async function create(words: readonly string[], typed?: string) {
  let [stdout, stderr] = ["", ""];
  const stdin = new PassThrough();
  if (typed !== undefined) stdin.write(typed);
  const out = new PassThrough().on("data", (text) => {
    stdout += text;
  });
  const surroundings = {
    folder,
    stdin: Object.assign(stdin, { isTTY: typed !== undefined }),
    stdout: out,
    stderr: {
      write(text: string) {
        stderr += text;
        return true;
      },
    },
  };
  const code = await main(words, surroundings as unknown as Surroundings);
  return { code, stdout, stderr };
}

describe("names", () => {
  it.each([
    ["my-loss", "my-loss", "brushwork-loss-my-loss", "myLoss", "my loss"],
    ["edges", "edges", "brushwork-loss-edges", "edgesLoss", "edges"],
    ["brushwork-loss-edges", "brushwork-loss-edges", "brushwork-loss-edges", "edgesLoss", "edges"],
    [
      "@you/soft_edges.2",
      "soft_edges.2",
      "@you/brushwork-loss-soft_edges.2",
      "softEdges2Loss",
      "soft edges 2",
    ],
    ["2nd", "2nd", "brushwork-loss-2nd", "loss2ndLoss", "2nd"],
    ["class", "class", "brushwork-loss-class", "classLoss", "class"],
  ])("%s", (asked, wanted, name, factory, term) => {
    expect(namesOf(asked)).toEqual({ folder: wanted, package: name, factory, term });
  });

  it.each([
    ["My Loss", " Try my-loss."],
    ["../up", ""],
    ["", ""],
    ["_hidden", " Try hidden."],
    ["@you", ""],
    ["a\nb", " Try a-b."],
    ["ä", ""],
  ])("%j is refused", (asked, remedy) => {
    expect(() => namesOf(asked)).toThrow(`got ${JSON.stringify(asked)}.${remedy}`);
  });

  it("are at most as long as npm's", () => {
    expect(namesOf("a".repeat(199)).package).toHaveLength(214);
    expect(() => namesOf("a".repeat(200))).toThrow("at most 214 characters long, got 215");
  });
});

describe("the command", () => {
  it("makes a package, and nothing in it is called after the template", async () => {
    const { code, stdout } = await create(["@you/my-loss"]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "Made the package @you/brushwork-loss-my-loss in my-loss. Next:\n\n  cd my-loss\n",
    );
    const files = (await readdir(join(folder, "my-loss"), { recursive: true })).map((file) =>
      file.replaceAll("\\", "/"),
    );
    expect(files).toEqual(
      expect.arrayContaining([
        ...[".gitignore", ".github/workflows/test.yml", "README.md", "package.json", "tsconfig.json"],
        ...["tsup.config.ts", "src/index.ts", "src/index.test.ts"],
      ]),
    );
    for (const file of files) {
      const path = join(folder, "my-loss", file);
      if ((await stat(path)).isFile())
        expect(await readFile(path, "utf8")).not.toMatch(/example|workspace:/i);
    }
    const manifest = JSON.parse(await readFile(join(folder, "my-loss/package.json"), "utf8"));
    expect(manifest).toMatchObject({
      name: "@you/brushwork-loss-my-loss",
      keywords: expect.arrayContaining(["brushwork-loss"]),
      peerDependencies: {
        "@brushwork/core": `>=${version} <${Number(version.split(".")[0]) + 1}`,
        "@tensorflow/tfjs-core": "4.22.0",
      },
    });
  });

  it("asks a terminal for the name, and says elsewhere how to give it", async () => {
    expect((await create([], "edges\n")).stdout).toContain("Made the package brushwork-loss-edges in edges.");
    expect(await create([])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "create-brushwork-loss: Expected the name of the loss, got none: npm create brushwork-loss my-loss.\n",
    });
  });

  it("takes an empty folder, and leaves one with files in it alone", async () => {
    await mkdir(join(folder, "empty/.git"), { recursive: true });
    expect((await create(["my-loss", "--folder", "empty"])).code).toBe(0);
    const before = await readFile(join(folder, "empty/src/index.ts"), "utf8");
    const { code, stderr } = await create(["other", "--folder", "empty"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("to be a new or empty folder, found files in it"),
    ]);
    expect(await readFile(join(folder, "empty/src/index.ts"), "utf8")).toBe(before);
    await writeFile(join(folder, "file"), "");
    expect((await create(["file"])).stderr).toContain("to be a new folder, found a file");
  });

  it.each([
    [["my", "loss"], "Expected one name, got my loss: join its words with hyphens."],
    [["my-loss", "--force"], "Expected --folder FOLDER, --help or --version, got --force: see --help."],
  ])("refuses %j", async (words, sentence) => {
    expect(await create(words)).toMatchObject({ code: 2, stderr: `create-brushwork-loss: ${sentence}\n` });
    expect(await readdir(folder)).toEqual([]);
  });

  it("has a help and a version", async () => {
    expect((await create(["--help"])).stdout).toContain("Usage: npm create brushwork-loss NAME");
    expect((await create(["-v"])).stdout).toBe(`${version}\n`);
  });
});
