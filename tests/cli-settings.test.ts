import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushwork, command, missing, shallow } from "./command.js";
import { disc, stripes } from "./pictures.js";

const run = promisify(execFile);
const pictures = ["photo.jpg", "painting.png"];
const quick = [..."--network compact --size 64 --scales 1 --steps 2".split(" "), ...shallow];

/** Whether a program is here. */
async function has(program: string): Promise<boolean> {
  return run(program, ["--version"]).then(
    () => true,
    () => false,
  );
}
const [hasBash, hasZsh, hasFish] = await Promise.all(["bash", "zsh", "fish"].map(has));

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "around the command", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    await writePicture(join(folder, "photo.jpg"), disc(80, 60));
    await writePicture(join(folder, "painting.png"), stripes(60, 80));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("settings come from a file and the environment, and a plan says so", async () => {
    const file = join(folder, "brushwork.config.json");
    await writeFile(
      file,
      JSON.stringify({ engine: "native", size: 96, steps: 3, scales: 1, network: "compact" }),
    );
    const plan = (words: readonly string[]) =>
      brushwork([...pictures, "--dry-run", ...words], {
        folder,
        environment: { BRUSHWORK_ENGINE: "wasm", BRUSHWORK_THREADS: "1" },
      });
    const { code, stderr } = await plan(["--steps", "2"]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      "Set engine by BRUSHWORK_ENGINE; threads by BRUSHWORK_THREADS; size, scales, network by brushwork.config.json.",
    );
    expect(stderr).toMatch(/96×72, 2 steps, compact on wasm, WebAssembly \(.*1 thread/);
    const without = await plan(["--no-config", ...quick]);
    expect([without.code, without.stderr]).toEqual([0, expect.not.stringContaining("brushwork.config.json")]);
    await writeFile(file, '{ "sise": 64 }');
    expect(await plan([])).toMatchObject({
      code: 2,
      stderr:
        'brushwork: brushwork.config.json: Expected names of options, without their dashes, got "sise"; did you mean size?\n',
    });
    await rm(file);
  });

  it.skipIf(process.platform === "win32")("opens the picture, and says so where it cannot", async () => {
    const bin = join(folder, "bin");
    await run("mkdir", ["-p", bin]);
    const opener = join(bin, process.platform === "darwin" ? "open" : "xdg-open");
    await writeFile(opener, `#!/bin/sh\necho "$1" > "${folder}/opened"\n`);
    await chmod(opener, 0o755);
    const words = [
      ...pictures,
      ...quick,
      "--engine",
      "wasm",
      "--threads",
      "1",
      "-f",
      "-q",
      "-o",
      "out.png",
      "--open",
    ];
    const paths = { with: `${bin}:${process.env.PATH}`, without: dirname(process.execPath) };
    const shown = await brushwork(words, { folder, environment: { PATH: paths.with } });
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    await expect.poll(() => readFile(join(folder, "opened"), "utf8").catch(() => "")).toBe("out.png\n");
    expect(await brushwork([...words.slice(0, -2), "-", "--open"], { folder })).toMatchObject({
      code: 2,
      stderr: "brushwork: Expected a file for --open, got the standard output: name one with -o.\n",
    });
  });

  describe("completions", () => {
    const scriptOf = async (shell: string) => {
      const { code, stdout } = await brushwork(["completion", shell], { folder });
      expect(code).toBe(0);
      const path = join(folder, `completion.${shell}`);
      await writeFile(path, stdout);
      return path;
    };

    it.skipIf(!hasBash)("complete in bash", async () => {
      const script = await scriptOf("bash");
      const repliesTo = async (...words: readonly string[]) => {
        const list = words.map((word) => `'${word}'`).join(" ");
        const code = `. '${script}'; COMP_WORDS=(brushwork ${list}); COMP_CWORD=${words.length}; _brushwork; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const { stdout } = await run("bash", ["-c", code], { cwd: folder });
        return stdout.split("\n").filter((word) => word !== "");
      };
      expect(await repliesTo("swe")).toEqual(["sweep"]);
      expect(await repliesTo("pho")).toEqual(["photo.jpg"]);
      expect(await repliesTo("photo.jpg", "--engine", "w")).toEqual(["webgpu", "wasm"]);
      expect(await repliesTo("--engine", "=", "wa")).toEqual(["wasm"]);
      expect(await repliesTo("--style-w")).toEqual(["--style-weight"]);
      expect(await repliesTo("--steps", "")).toEqual([]);
      expect(await repliesTo("--recipe", "phot")).toEqual(["photo.jpg"]);
      expect(await repliesTo("weights", "p")).toEqual(["pull", "path"]);
      expect(await repliesTo("weights", "pull", "")).toEqual([]);
      expect(await repliesTo("resume", "--style")).toEqual(["--style-mask"]);
      expect(await repliesTo("completion", "p")).toEqual(["powershell"]);
      expect(await repliesTo("help", "tex")).toEqual(["texture"]);
    });

    it.skipIf(!hasFish)("complete in fish", async () => {
      const script = await scriptOf("fish");
      const repliesTo = async (line: string) => {
        const { stdout } = await run("fish", ["-c", `source '${script}'; complete -C '${line}'`], {
          cwd: folder,
        });
        return stdout
          .split("\n")
          .map((row) => row.split("\t")[0])
          .filter((word) => word !== "");
      };
      expect(await repliesTo("brushwork swe")).toEqual(["sweep"]);
      expect(await repliesTo("brushwork pho")).toEqual(["photo.jpg"]);
      expect(await repliesTo("brushwork photo.jpg --engine wa")).toEqual(["wasm"]);
      expect(await repliesTo("brushwork --style-w")).toEqual(["--style-weight"]);
      expect(await repliesTo("brushwork weights p")).toEqual(expect.arrayContaining(["pull", "path"]));
    });

    it.skipIf(!hasZsh)("are read by zsh", async () => {
      const script = await scriptOf("zsh");
      const code = `autoload -Uz compinit && compinit -u -D; source '${script}'; print $_comps[brushwork]`;
      expect(await run("zsh", ["-fc", code])).toEqual({ stdout: "_brushwork\n", stderr: "" });
    });
  });

  it("the man page has every option of the help", async () => {
    const page = await readFile(join(dirname(command), "brushwork.1"), "utf8");
    const { stdout } = await brushwork(["--help"], { folder });
    const options = Array.from(stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, long = ""]) => long);
    expect(options.length).toBeGreaterThan(50);
    expect(options.filter((long) => !page.includes(long.replaceAll("-", "\\-")))).toEqual([]);
  });
});
