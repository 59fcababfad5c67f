import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readPicture, writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  brushwork,
  brushworkHere,
  command,
  eventsOf,
  machine,
  missing,
  shallow,
} from "./command.js";
import { disc, stripes } from "./pictures.js";

const onWindows = process.platform === "win32";
const faultyDisk = pathToFileURL(join(import.meta.dirname, "faulty-disk.fixture.mjs")).href;

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "files of the command", () => {
  let root: string;
  /** A new one for each test, with photo.jpg and painting.png. */
  let folder: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "brushwork-"));
    await writePicture(join(root, "photo.jpg"), disc(80, 60));
    await writePicture(join(root, "painting.png"), stripes(60, 80));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(root, "test-"));
    for (const name of ["photo.jpg", "painting.png"]) await copyFile(join(root, name), join(folder, name));
  });

  const at = (...names: readonly string[]) => join(folder, ...names);
  const quick = [
    "photo.jpg",
    "painting.png",
    ..."--network compact --json".split(" "),
    ...machine,
    ...shallow,
  ];
  /** The smallest work there is. */
  const once = [...quick, ..."--size 32 --scales 1 --steps 1".split(" ")];
  const steps = (count: number) => [...quick, ..."--size 32 --scales 1 --steps".split(" "), String(count)];
  /** @param options what takes a process of its own */
  const paint = (words: readonly string[], options?: Omit<Parameters<typeof brushwork>[1], "folder">) =>
    options === undefined ? brushworkHere(words, { folder }) : brushwork(words, { folder, ...options });
  const sizeOf = async (name: string) => {
    const { width, height } = await readPicture(at(name));
    return `${width}×${height}`;
  };
  const warningsOf = ({ stdout }: Answer) =>
    eventsOf(stdout).flatMap(({ event, message }) => (event === "warning" ? [message ?? ""] : []));
  const savedOf = ({ stdout }: Answer) =>
    eventsOf(stdout).flatMap(({ event, path }) => (event === "saved" ? [path] : []));

  /** Does something once, when the output has come so far. */
  function when(part: string, act: (child: ChildProcess) => void) {
    let done = false;
    return (text: string, child: ChildProcess) => {
      if (done || !text.includes(part)) return;
      done = true;
      act(child);
    };
  }
  const afterStep = (step: number, act: (child: ChildProcess) => void) => when(`"step":${step},`, act);

  describe.skipIf(onWindows)("when it is asked to stop", () => {
    it.each([
      ["SIGHUP", 129],
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)("by %s, writes the picture so far", async (signal, code) => {
      const answer = await paint([...steps(100_000), "-o", "so-far.png"], {
        onOutput: afterStep(2, (child) => child.kill(signal)),
      });
      const { step } = eventsOf(answer.stdout).find(({ event }) => event === "saved") ?? {};
      expect([answer.code, answer.stderr]).toEqual([
        code,
        `brushwork: Stopped at step ${step} of 100000: the picture so far is in so-far.png. Go on with it: brushwork resume so-far.png.checkpoint --force\n`,
      ]);
      expect(await sizeOf("so-far.png")).toBe("32×24");
    });

    it("by a closed terminal, which may say so twice, writes it too", async () => {
      const twice = (child: ChildProcess) => {
        child.kill("SIGHUP");
        child.kill("SIGHUP");
      };
      const { code } = await paint([...steps(100_000), "-o", "so-far.png"], {
        onOutput: afterStep(2, twice),
      });
      expect(code).toBe(129);
      expect(await sizeOf("so-far.png")).toBe("32×24");
    });

    it("a second time, ends at once, by the signal itself", async () => {
      const saysWhenReady = `process.on("newListener", (name) => {
        if (name === "SIGINT") setImmediate(() => console.log(JSON.stringify({ event: "ready" })));
      })`;
      const first = when('"ready"', (child) => child.kill("SIGINT"));
      const second = when("Stopping; Ctrl-C again", (child) => child.kill("SIGINT"));
      const { code, signal } = await paint(["-", "painting.png", ...once.slice(2), "-o", "never.png"], {
        // It waits for its standard input, for ever.
        input: "open",
        environment: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(saysWhenReady)}` },
        onOutput(text, child) {
          first(text, child);
          second(text, child);
        },
      });
      expect([code, signal]).toEqual([null, "SIGINT"]);
      // It may be ended while it tries whether it can write here; the next run clears up what that leaves.
      await paint([...once, "-o", "next.png"]);
      expect((await readdir(folder)).sort()).toEqual(["next.png", "painting.png", "photo.jpg"]);
    });
  });

  describe("when an error is caught by nothing", () => {
    /** Fails outside of what is awaited, as soon as a file is there. */
    const failing = (failure: string) => ({
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
        `import { existsSync } from "node:fs";
        const timer = setInterval(() => {
          if (!existsSync(process.env.FAILS_WHEN)) return;
          clearInterval(timer);
          ${failure};
        }, 1);
        timer.unref();`,
      )}`,
      FAILS_WHEN: at("fails"),
    });

    it.each(['throw new Error("boom")', 'Promise.reject(new Error("boom"))'])(
      "writes the picture so far: %s",
      async (failure) => {
        const answer = await paint([...steps(100_000), "-o", "so-far.png"], {
          environment: failing(failure),
          onOutput: afterStep(2, () => writeFileSync(at("fails"), "")),
        });
        const events = eventsOf(answer.stdout);
        const { step } = events.find(({ event }) => event === "saved") ?? {};
        const message = `Something failed unexpectedly (boom). Stopped at step ${step} of 100000: the picture so far is in so-far.png. Go on with it: brushwork resume so-far.png.checkpoint --force`;
        expect([answer.code, answer.stderr]).toEqual([1, `brushwork: ${message}\n`]);
        expect(events.filter(({ event }) => event === "error")).toEqual([
          { event: "error", message, exitCode: 1 },
        ]);
        expect(await sizeOf("so-far.png")).toBe("32×24");
      },
    );

    it("ends at once before the first step, with one sentence", async () => {
      const whenItListens = `process.on("newListener", (name) => {
        if (name === "SIGINT") setImmediate(() => { throw new Error("boom"); });
      })`;
      const answer = await paint(["-", "painting.png", ...once.slice(2), "-o", "never.png"], {
        // It waits for its standard input, for ever.
        input: "open",
        environment: {
          NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(whenItListens)}`,
        },
      });
      const message = "Something failed unexpectedly (boom).";
      expect([answer.code, answer.stderr]).toEqual([1, `brushwork: ${message}\n`]);
      expect(eventsOf(answer.stdout)).toEqual([{ event: "error", message, exitCode: 1 }]);
      expect((await readdir(folder)).sort()).toEqual(["painting.png", "photo.jpg"]);
    });

    it("says so where nothing is left to wait for", async () => {
      const neverRead = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
        fs.promises.stat = () => new Promise(() => {});
        syncBuiltinESMExports();`;
      const answer = await paint([...once, "-o", "never.png"], {
        environment: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(neverRead)}` },
      });
      const message = "Something failed unexpectedly: the work never ended.";
      expect([answer.code, answer.stderr]).toEqual([1, `brushwork: ${message}\n`]);
      expect(eventsOf(answer.stdout)).toEqual([{ event: "error", message, exitCode: 1 }]);
    });
  });

  describe("without --force", () => {
    it("replaces no file that appears during the run, and says where the picture is", async () => {
      const answer = await paint([...steps(4), "--save-every", "3", "-o", "app.png"], {
        onOutput: afterStep(1, () => {
          writeFileSync(at("app.png"), "precious");
          writeFileSync(at("app-0003.png"), "precious too");
        }),
      });
      expect([answer.code, answer.stderr]).toEqual([0, ""]);
      expect(await readFile(at("app.png"), "utf8")).toBe("precious");
      expect(await readFile(at("app-0003.png"), "utf8")).toBe("precious too");
      expect(savedOf(answer)).toEqual(["app-0000.png", "app-0003-2.png", "app-2.png"]);
      expect(warningsOf(answer)).toContain(
        "app.png appeared during the run and is kept: the picture is in app-2.png.",
      );
      expect(await sizeOf("app-2.png")).toBe("32×24");
    });

    it.skipIf(onWindows)("loses none of two paintings that are named alike at the same time", async () => {
      const running: ChildProcess[] = [];
      const stopBoth = (child: ChildProcess) => {
        running.push(child);
        if (running.length === 2) for (const one of running) one.kill("SIGINT");
      };
      const both = await Promise.all(
        ["1", "5"].map((weight) =>
          paint([...steps(100_000), "--style-weight", weight], { onOutput: afterStep(1, stopBoth) }),
        ),
      );
      expect(both.map(({ code }) => code)).toEqual([130, 130]);
      expect(both.flatMap(savedOf).sort()).toEqual(["photo-painting-2.png", "photo-painting.png"]);
      expect(await sizeOf("photo-painting.png")).toBe("32×24");
      expect(await sizeOf("photo-painting-2.png")).toBe("32×24");
    });
  });

  describe.skipIf(onWindows)("with --force", () => {
    it("writes what a link leads to, and keeps its mode and its other name", async () => {
      await writeFile(at("real.png"), "old");
      await chmod(at("real.png"), 0o600);
      await link(at("real.png"), at("other.png"));
      await symlink("real.png", at("link.png"));
      const { code } = await paint([...once, "-o", "link.png", "--force"]);
      expect(code).toBe(0);
      expect((await lstat(at("link.png"))).isSymbolicLink()).toBe(true);
      expect(await stat(at("real.png"))).toMatchObject({ nlink: 2, ino: (await stat(at("other.png"))).ino });
      expect((await stat(at("real.png"))).mode & 0o777).toBe(0o600);
      expect(await sizeOf("other.png")).toBe("32×24");
    });

    it.each([["--force"], []])("writes the missing file that a link leads to %s", async (...force) => {
      await symlink("real.png", at("link.png"));
      expect((await paint([...once, "-o", "link.png", ...force])).code).toBe(0);
      expect((await lstat(at("link.png"))).isSymbolicLink()).toBe(true);
      expect(await sizeOf("real.png")).toBe("32×24");
    });

    it("refuses an input by any of its names", async () => {
      await link(at("painting.png"), at("hard.png"));
      await symlink("photo.jpg", at("soft.jpg"));
      const before = await Promise.all(["photo.jpg", "painting.png"].map((name) => readFile(at(name))));
      for (const name of ["photo.jpg", "hard.png", "soft.jpg"]) {
        const { code, stderr } = await paint([...once, "-o", name, "--force"]);
        expect([code, stderr]).toEqual([
          2,
          `brushwork: Expected an output that is not an input, got ${name}: name another file with -o.\n`,
        ]);
      }
      expect(await Promise.all(["photo.jpg", "painting.png"].map((name) => readFile(at(name))))).toEqual(
        before,
      );
    });
  });

  describe("with --force, keeps what is read besides the pictures:", () => {
    const shard = "group1-shard1of1.bin";
    const loss = `export default {
      name: "mine", description: "Nothing", options: { type: "object" },
      create: () => ({ name: "mine", weight: 1, layers: ["image"], prepare: () => ({}), loss: () => 0 }),
    };`;
    beforeEach(async () => {
      await writeFile(at("my-loss.mjs"), loss);
      await writeFile(at(shard), "numbers");
      const groups = [{ paths: [shard], weights: [] }];
      await writeFile(at("model.json"), JSON.stringify({ weightsManifest: groups }));
    });
    const rest = "--network compact --json".split(" ");
    const both = ["photo.jpg", "painting.png"];
    const asPicture = ["--format", "png", "-o"];

    it.each<[kept: string, option: string, words: readonly string[]]>([
      ["my-loss.mjs", "-o", [...both, "--loss", "./my-loss.mjs", ...asPicture]],
      ["my-loss.mjs", "--save-recipe", [...both, "--loss", "./my-loss.mjs", "--save-recipe"]],
      ["my-loss.mjs", "-o", ["texture", "painting.png", "--loss", "./my-loss.mjs:weight=2", ...asPicture]],
      [shard, "-o", [...both, "--weights", "model.json", ...asPicture]],
      [shard, "--save-recipe", ["reconstruct", "photo.jpg", "--weights", "model.json", "--save-recipe"]],
      ["model.json", "--save-recipe", [...both, "--weights", "model.json", "--save-recipe"]],
    ])("%s, from %s", async (kept, option, words) => {
      const before = await readFile(at(kept), "utf8");
      const { code, stderr } = await paint([...words, kept, ...rest, "--force"]);
      expect([code, stderr]).toEqual([
        2,
        `brushwork: Expected an output that is not an input, got ${kept}: name another file with ${option}.\n`,
      ]);
      expect(await readFile(at(kept), "utf8")).toBe(before);
    });
  });

  describe("on a disk that is full", () => {
    let temporary: string;
    let trigger: string;
    beforeEach(async () => {
      temporary = await mkdtemp(join(root, "temporary-"));
      trigger = join(temporary, "full");
    });
    const environment = (more: Readonly<Record<string, string>>) => ({
      NODE_OPTIONS: `--import ${faultyDisk}`,
      FAULTY_FOLDER: folder,
      TMPDIR: temporary,
      TEMP: temporary,
      ...more,
    });

    it("begins nothing that there is no room for", async () => {
      const answer = await paint([...once, "-o", "out.png"], {
        environment: environment({ FAULTY_FREE: "4096" }),
      });
      expect(answer.code).toBe(1);
      expect(eventsOf(answer.stdout)).toEqual([
        {
          event: "error",
          message: `Expected room for about 5.6 kB on the disk of ${folder}, found 4.1 kB. Make room, or choose another folder.`,
          exitCode: 1,
        },
      ]);
      expect((await readdir(folder)).sort()).toEqual(["painting.png", "photo.jpg"]);
    });

    it("says so at once where it takes no file at all", async () => {
      const answer = await paint([...once, "-o", "out.png"], { environment: environment({}) });
      expect([answer.code, answer.stderr]).toEqual([
        1,
        "brushwork: Expected room on the disk for out.png, found none left.\n",
      ]);
      expect((await readdir(folder)).sort()).toEqual(["painting.png", "photo.jpg"]);
    });

    it("writes the picture to the temporary folder at the end, and fails", async () => {
      const answer = await paint([...steps(3), "-o", "out.png"], {
        environment: environment({ FAULTY_WHEN: trigger }),
        onOutput: afterStep(1, () => writeFileSync(trigger, "")),
      });
      const elsewhere = join(temporary, "out.png");
      expect([answer.code, answer.stderr]).toEqual([
        1,
        `brushwork: Expected room on the disk for out.png, found none left. The picture is in ${elsewhere}.\n`,
      ]);
      expect(savedOf(answer)).toEqual([elsewhere]);
      expect((await readPicture(elsewhere)).width).toBe(32);
      expect((await readdir(folder)).sort()).toEqual(["painting.png", "photo.jpg"]);
    });

    it("keeps what was there, and goes on where a picture on the way cannot be written", async () => {
      await writeFile(at("out.png"), "old");
      const full = afterStep(1, () => writeFileSync(trigger, ""));
      const free = when('"event":"warning","message":"A picture', () => rmSync(trigger));
      const answer = await paint([...steps(3), "--save-every", "2", "-o", "out.png", "--force"], {
        environment: environment({ FAULTY_WHEN: trigger }),
        onOutput(text, child) {
          full(text, child);
          free(text, child);
        },
      });
      expect(answer.code).toBe(0);
      expect(warningsOf(answer)).toContain(
        "A picture on the way is missing. Expected room on the disk for out-0002.png, found none left.",
      );
      expect(savedOf(answer)).toEqual(["out-0000.png", "out.png"]);
      expect(await sizeOf("out.png")).toBe("32×24");
    });

    it.skipIf(onWindows)(
      "leaves no half a file, also when it is killed, and clears up the next time",
      async () => {
        await writeFile(at("out.png"), "old");
        const killed = await paint([...steps(3), "-o", "out.png", "--force"], {
          environment: environment({ FAULTY_WHEN: trigger, FAULTY_KILLS: "yes" }),
          onOutput: afterStep(1, () => writeFileSync(trigger, "")),
        });
        expect(killed.signal).toBe("SIGKILL");
        expect(await readFile(at("out.png"), "utf8")).toBe("old");
        const left = await readdir(folder);
        expect(left.length).toBe(4);
        expect((await paint([...once, "-o", "next.png"])).code).toBe(0);
        expect((await readdir(folder)).sort()).toEqual(["next.png", "out.png", "painting.png", "photo.jpg"]);
      },
    );
  });

  it("creates a folder again that disappears during the run", async () => {
    await mkdir(at("gone"));
    const output = join("gone", "out.png");
    const answer = await paint([...steps(3), "-o", output], {
      onOutput: afterStep(1, () => rmSync(at("gone"), { recursive: true })),
    });
    expect(answer.code).toBe(0);
    expect(warningsOf(answer)).toContain(`The folder ${at("gone")} was gone and was created again.`);
    expect(await sizeOf(output)).toBe("32×24");
  });

  it("writes to the current folder where its own has become a file", async () => {
    await mkdir(at("gone"));
    const answer = await paint([...steps(3), "-o", join("gone", "out.png")], {
      onOutput: afterStep(1, () => {
        rmSync(at("gone"), { recursive: true });
        writeFileSync(at("gone"), "");
      }),
    });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/ but gone is a file\. The picture is in .*out\.png\.\n$/);
    expect(await sizeOf("out.png")).toBe("32×24");
  });

  describe("diverging", () => {
    const black = async (path: string) =>
      (await readPicture(path)).data.every((byte, i) => i % 4 === 3 || byte === 0);
    const wild = [
      ...quick.slice(0, 2),
      ..."--network compact --size 32 --scales 1".split(" "),
      ...machine,
      ...shallow,
    ];

    it("writes no black picture, on the way or at the end, and replaces no good one", async () => {
      await writePicture(at("keep.jpg"), disc(32, 24));
      const before = await readFile(at("keep.jpg"));
      const words =
        "--preset paper --learning-rate 1e30 --steps 5 --save-every 1 --quiet --force -o keep.jpg";
      const { code, stderr } = await paint([...wild, ...words.split(" ")]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^brushwork: The .* became \w+ at step \d: .* The picture of step 1 of 5 is in keep-2\.jpg\. keep\.jpg stays as it was\.\n$/,
      );
      expect((await readFile(at("keep.jpg"))).equals(before)).toBe(true);
      const written = (await readdir(folder)).filter((name) => name.startsWith("keep"));
      expect(written.sort()).toEqual(["keep-0000.jpg", "keep-0001.jpg", "keep-2.jpg", "keep.jpg"]);
      for (const name of written) expect(await black(at(name)), name).toBe(false);
    });

    it.each([
      "--learning-rate 1e300",
      "--learning-rate 1e300 --content-weight 0 --style-weight 0 --tv-weight 0",
    ])("leaves nothing where no picture is finite: %s", async (words) => {
      const { code, stderr } = await paint([...wild, ...words.split(" "), "--steps", "1", "-o", "black.png"]);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/^brushwork: /m);
      expect((await readdir(folder)).sort()).toEqual(["painting.png", "photo.jpg"]);
    });
  });

  describe("named", () => {
    const copies = async (...names: readonly string[]) => {
      for (const name of names) await copyFile(at("painting.png"), at(name));
      return names;
    };

    it.each([214, 251])("with %i letters and an extension, are written", async (letters) => {
      const name = `${"a".repeat(letters)}.png`;
      const answer = await paint([...once, "--save-every", "1", "-o", name]);
      expect(savedOf(answer)).toEqual([`${"a".repeat(Math.min(letters, 246))}-0000.png`, name]);
      expect(await sizeOf(name)).toBe("32×24");
    });

    it.each<[what: string, names: readonly string[], expected: string]>([
      [
        "two long Japanese names",
        [`${"写".repeat(60)}.png`, `${"真".repeat(60)}.png`],
        `${"写".repeat(41)}-${"真".repeat(42)}.png`,
      ],
      [
        "an emoji as the 60th letter",
        [`${"a".repeat(59)}\u{1F600}b.png`, "style.png"],
        `${"a".repeat(59)}\u{1F600}-style.png`,
      ],
      [
        "a photograph and six styles",
        ["p", "q", "r", "s", "t", "u", "v"].map((letter) => `${letter.repeat(80)}.png`),
        // 245 bytes for seven names of 60: 35 each.
        `${["p", "q", "r", "s", "t", "u", "v"].map((letter) => letter.repeat(35)).join("-")}.png`,
      ],
    ])("after %s, have a name that can be written", async (_, names, expected) => {
      const answer = await paint([...(await copies(...names)), ...once.slice(2)]);
      expect([answer.code, answer.stderr]).toEqual([0, ""]);
      expect(savedOf(answer)).toEqual([expected]);
      expect(await readdir(folder)).toContain(expected);
    });

    it("without a format are written in that of --format", async () => {
      expect((await paint([...once, "-o", "result", "--format", "png"])).code).toBe(0);
      // As mktemp makes them.
      await writeFile(at("tmp.XsTNDAaVYu"), "");
      expect((await paint([...once, "-o", "tmp.XsTNDAaVYu", "--force", "--format", "png"])).code).toBe(0);
      for (const name of ["result", "tmp.XsTNDAaVYu"])
        expect((await readFile(at(name))).subarray(1, 4).toString()).toBe("PNG");
      const without = await paint([...once, "-o", "other"]);
      expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("--format")]);
      const other = await paint([...once, "-o", "other.jpg", "--format", "png"]);
      expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("-o other.jpg, got png")]);
    });
  });

  describe("for a film", () => {
    const scales = [...quick, ..."--size 129 --scales 2 --steps 2".split(" ")];

    it("have one size on the way", async () => {
      const answer = await paint([...scales, "--save-every", "1", "-o", "way.png"]);
      const saved = savedOf(answer) as string[];
      expect(saved).toEqual(["way-0000.png", "way-0001.png", "way-0002.png", "way-0003.png", "way.png"]);
      for (const name of saved) expect(await sizeOf(name), name).toBe("129×97");
    });

    it("are frames of even sides, numbered without gaps, with --frames", async () => {
      const words = [...scales, "--save-every", "3", "--frames", join("films", "one"), "-o", "end.png"];
      const answer = await paint(words);
      expect([answer.code, answer.stderr]).toEqual([0, ""]);
      const frames = ["frame-00000.png", "frame-00001.png", "frame-00002.png"];
      expect(await readdir(at("films", "one"))).toEqual(frames);
      for (const name of frames) expect(await sizeOf(join("films", "one", name)), name).toBe("128×96");
      expect(await sizeOf("end.png")).toBe("129×97");
      expect((await readdir(folder)).sort()).toEqual(["end.png", "films", "painting.png", "photo.jpg"]);

      const again = await paint([...words.slice(0, -1), "again.png"]);
      expect([again.code, again.stderr]).toEqual([
        1,
        expect.stringContaining("frame-00000.png already exists"),
      ]);
      const shorter = await paint([...words, "--force", "--save-every", "4"]);
      expect([shorter.code, shorter.stderr]).toEqual([
        1,
        expect.stringContaining("folder without a longer film, found films/one/frame-00002.png"),
      ]);
    });
  });

  describe.skipIf(process.platform !== "linux")(
    "on a standard output that fails (only Linux has these)",
    () => {
      /** Runs the command with a file, or nothing at all, for its standard output. */
      const withOutput = (redirection: string, words: string) =>
        new Promise<{ code: number | null; stderr: string }>((resolve) => {
          const child = spawn("sh", ["-c", `"$0" "$1" ${words} ${redirection}`, process.execPath, command], {
            cwd: folder,
            stdio: ["ignore", "pipe", "pipe"],
            env: { ...process.env, TMPDIR: folder },
          });
          let stderr = "";
          child.stderr.on("data", (chunk) => {
            stderr += chunk;
          });
          child.on("close", (code) => resolve({ code, stderr }));
        });

      it.each(["presets", "networks", "losses", "--help", "--version"])("fails: %s", async (words) => {
        expect(await withOutput(">/dev/full", words)).toEqual({
          code: 1,
          stderr: expect.stringMatching(
            /^brushwork: The standard output could not be written \(ENOSPC.*\)\.\n$/,
          ),
        });
      });

      it("does not mind a reader that has read enough", async () => {
        expect(await withOutput("| true", "presets")).toEqual({ code: 0, stderr: "" });
      });

      const toStream = [...once.filter((word) => word !== "--json"), "-o", "-"].join(" ");

      it("refuses to paint into one that is closed, but not into the null device", async () => {
        expect(await withOutput(">&-", toStream)).toEqual({
          code: 1,
          stderr:
            "brushwork: Expected a standard output for the picture, but it is closed: redirect it, or name a file.\n",
        });
        expect((await withOutput(">/dev/null", toStream)).code).toBe(0);
      });

      it("keeps the picture in the temporary folder", async () => {
        const { code, stderr } = await withOutput(">/dev/full", toStream);
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining(`The picture is in ${at("brushwork.png")}.`),
        ]);
        expect(await sizeOf("brushwork.png")).toBe("32×24");
      });
    },
  );
});
