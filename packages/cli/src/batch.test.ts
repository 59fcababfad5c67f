import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { readCheckpoint } from "@brushwork/backend-node";
import { extractRecipe } from "@brushwork/recipes";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { batch as batchCommand } from "./commands/batch-command.js";
import { crashOf } from "./failure.js";
import { main } from "./main.js";
import { quietProgress } from "./reports/progress.js";

const machine = "--engine wasm --threads 1".split(" ");
const smallest = [..."--network compact --size 48 --scales 1 --steps 2".split(" "), ...shallow];

describe("a batch", () => {
  let folder: string;
  const at = (...names: readonly string[]) => join(folder, ...names);
  const batch = (...words: readonly string[]) => outcomeOf(["batch", ...words, ...machine, ...smallest]);

  /** Two photographs, one of which has a twin by another name, and two paintings. */
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-batch-"));
    await mkdir(at("photos"));
    await mkdir(at("paintings"));
    await copyFile(pictureOf("photo.png"), at("photos", "cat 10.png"));
    await copyFile(pictureOf("strokes-red.png"), at("photos", "cat 9.png"));
    await copyFile(pictureOf("strokes.png"), at("paintings", "strokes.png"));
    await copyFile(pictureOf("strokes-red.png"), at("paintings", "red.png"));
    await writeFile(at("photos", "notes.txt"), "no picture");
    return () => rm(folder, { recursive: true, force: true });
  });

  it("paints every content in every style, as the main command does", async () => {
    const { code, stderr } = await batch(at("photos"), at("paintings"), "-o", at("out"));
    expect([code, stderr.split("\n").at(-2)]).toEqual([0, `${at("out")}: 4 painted`]);
    const names = ["cat 10-red.png", "cat 10-strokes.png", "cat 9-red.png", "cat 9-strokes.png"];
    expect(await readdir(at("out"))).toEqual(names);
    const alone = [at("photos", "cat 9.png"), at("paintings", "strokes.png"), "-o", at("alone.png")];
    expect((await outcomeOf([...alone, ...machine, ...smallest])).code).toBe(0);
    expect(await readFile(at("out", "cat 9-strokes.png"))).toEqual(await readFile(at("alone.png")));
  });

  it("takes patterns and lists of a shell, and names pictures as it is asked to", async () => {
    const words = [at("photos", "cat 9.png"), at("photos", "*1?.png"), at("paintings", "red.png")];
    const named = ["--name", "{style}/{number} {content}.jpg"];
    expect((await batch(...words, "-o", at("out"), ...named, "--quiet")).stderr).toBe("");
    expect(await readdir(at("out", "red"))).toEqual(["0001 cat 9.jpg", "0002 cat 10.jpg"]);
  });

  it("leaves what is there, and paints it again with --force", async () => {
    const words = [at("photos"), at("paintings", "red.png"), "-o", at("out")];
    await mkdir(at("out"));
    await writeFile(at("out", "cat 9-red.png"), "mine");
    const { code, stderr } = await batch(...words);
    expect([code, stderr.split("\n").at(-2)]).toEqual([0, `${at("out")}: 1 painted, 1 there already`]);
    expect(await readFile(at("out", "cat 9-red.png"), "utf8")).toBe("mine");
    expect((await batch(...words, "--force", "--quiet")).code).toBe(0);
    expect(extractRecipe(await readFile(at("out", "cat 9-red.png")))).toBeDefined();
  });

  it("goes on after a picture that fails, and shows on its page what became of each", async () => {
    await writeFile(at("photos", "broken <1>.png"), "no picture");
    const words = [at("photos"), at("paintings", "red.png"), "-o", at("out"), "--sheet", "--json"];
    const { code, stdout } = await batch(...words);
    expect(code).toBe(1);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const reason = expect.stringContaining("broken <1>.png");
    expect(events.filter(({ event }) => event === "picture")).toEqual([
      {
        event: "picture",
        content: at("photos", "broken <1>.png"),
        styles: [at("paintings", "red.png")],
        output: at("out", "broken <1>-red.png"),
        outcome: "failed",
        reason,
      },
      expect.objectContaining({ output: at("out", "cat 9-red.png"), outcome: "painted" }),
      expect.objectContaining({ output: at("out", "cat 10-red.png"), outcome: "painted" }),
    ]);
    expect(events.find(({ event }) => event === "batch")).toMatchObject({ total: 3, painted: 2, skipped: 0 });
    expect(events.at(-1)).toEqual({
      event: "error",
      message: "1 of 3 pictures could not be painted: the same command tries it again.",
      exitCode: 1,
    });
    const page = await readFile(at("out", "sheet.html"), "utf8");
    expect(page).toContain("<h2>broken &lt;1&gt;.png</h2>");
    expect(page).toContain('src="cat%209-red.png"');
    expect(page).toContain('src="../photos/cat%209.png"');
    expect(await readdir(at("out"))).toEqual(["cat 10-red.png", "cat 9-red.png", "sheet.html"]);
  });

  it("stops at Ctrl-C, and the same command paints the rest from where it was", async () => {
    const words = ["batch", at("photos"), at("paintings", "red.png"), "-o", at("out"), ...machine];
    const options = [...smallest.slice(0, 4), "--scales", "1", "--steps", "20", ...shallow];
    let heard = "";
    const listen = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      heard += text;
      if (heard.includes("Picture 2 of 2") && String(text).startsWith("10/20"))
        process.emit("SIGINT", "SIGINT");
      return true;
    });
    const code = await main([...words, ...options]);
    listen.mockRestore();
    expect([code, heard]).toEqual([
      130,
      expect.stringMatching(/^brushwork: Stopped with 1 of 2 pictures left: the same command goes on\.\n$/m),
    ]);
    // The picture so far would be taken for the picture.
    expect(await readdir(at("out"))).toEqual(["cat 10-red.png.checkpoint", "cat 9-red.png"]);
    const { checkpoint } = await readCheckpoint(at("out", "cat 10-red.png.checkpoint"));
    expect(checkpoint.state.steps[0]).toBeGreaterThan(0);
    expect(await outcomeOf([...words, ...options, "--quiet"])).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(at("out"))).toEqual(["cat 10-red.png", "cat 9-red.png"]);
    const alone = [at("photos", "cat 10.png"), at("paintings", "red.png"), "-o", at("alone.png")];
    await outcomeOf([...alone, ...machine, ...options]);
    expect(await readFile(at("out", "cat 10-red.png"))).toEqual(await readFile(at("alone.png")));
  });

  it("says why where something crashes, and leaves no picture that looks done", async () => {
    const crash = new AbortController();
    const progress = {
      ...quietProgress(() => {}),
      wants: () => true,
      stepped: () => crash.abort(crashOf(new Error("boom"))),
    };
    const options = {
      engine: "wasm",
      threads: 1,
      network: "compact",
      size: 48,
      scales: 1,
      steps: 2,
    } as const;
    const words = [at("photos"), at("paintings", "red.png")];
    await expect(
      batchCommand(words, { ...options, output: at("out") }, progress, crash.signal),
    ).rejects.toThrow(/\(boom\)\. Stopped with 2 of 2 pictures left: the same command goes on\.$/);
    expect((await readdir(at("out"))).filter((name) => name.endsWith(".png"))).toEqual([]);
  });

  it("paints the rows of a table, each with options of its own", async () => {
    const table = [
      "\ufeffcontent;style;output;size;init;no-default-losses",
      "photos/cat 9.png;paintings/red.png;first.webp;64;;",
      '"photos/cat 10.png";paintings/red.png;;;noise;no',
    ];
    await writeFile(at("jobs.csv"), table.join("\r\n"));
    expect(await batch("--pairs", at("jobs.csv"), "-o", at("out"), "--quiet")).toMatchObject({
      code: 0,
      stderr: "",
    });
    const recipes = await Promise.all(
      ["first.webp", "cat 10-red.png"].map(async (name) => extractRecipe(await readFile(at("out", name)))),
    );
    expect(recipes.map((recipe) => [recipe?.scales[0]?.size, recipe?.init])).toEqual([
      [64, "content"],
      [48, "noise"],
    ]);
  });

  it("plans only, with --dry-run", async () => {
    const { code, stderr } = await batch(at("photos"), at("paintings"), "-o", at("out"), "--dry-run");
    expect([code, stderr.split("\n").slice(-2)[0]]).toEqual([0, "4 pictures; nothing was painted."]);
    expect(stderr).toContain(`${at("out", "cat 9-red.png")}: cat 9.png in the style of red.png\n`);
    expect(await stat(at("out")).catch(() => undefined)).toBeUndefined();
  });

  it("does not paint where another one does, unless that was killed", async () => {
    const words = [at("photos"), at("paintings", "red.png"), "-o", at("out"), "--quiet"];
    await mkdir(at("out"));
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await writeFile(
      at("out", ".brushwork-batch"),
      JSON.stringify({ process: other.pid, machine: hostname() }),
    );
    expect(await batch(...words)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `Another command is painting into ${at("out")} (process ${other.pid} on `,
      ),
    });
    const ended = once(other, "exit");
    other.kill();
    await ended;
    expect((await batch(...words)).code).toBe(0);
    expect(await readdir(at("out"))).toEqual(["cat 10-red.png", "cat 9-red.png"]);
  });

  it.each([
    ["no style", ["photos"], "got photos alone: brushwork batch CONTENT... STYLE -o FOLDER."],
    ["nothing", [], "got neither:"],
    [
      "a folder that is not there",
      ["gone", "paintings"],
      "Expected gone to be a picture or a folder, found none.",
    ],
    ["a folder without pictures", ["empty", "paintings"], "There is no picture in the folder empty."],
    ["a pattern without pictures", ["*.bmp", "paintings"], "No picture matches *.bmp."],
    ["the standard input", ["-", "paintings"], "got the standard input: save it first."],
    ["the standard output", ["photos", "paintings", "-o", "-"], "got the standard output."],
    ["a file for the folder", ["photos", "paintings", "-o", "bad.csv"], "got the file bad.csv."],
    [
      "the folder of the contents",
      ["photos", "paintings", "-o", "photos"],
      "got photos: name another with -o.",
    ],
    ["an unknown part of a name", ["photos", "paintings", "--name", "{photo}"], 'got "{photo}".'],
    [
      "names that are the same",
      ["photos", "paintings", "--name", "{content}"],
      "use {content}, {style} and {number}",
    ],
    [
      "pictures beside a table",
      ["photos", "paintings", "--pairs", "bad.csv"],
      "leave --pairs or photos out.",
    ],
    [
      "a table that is not there",
      ["--pairs", "gone.csv"],
      "Expected --pairs to be a file that can be read, got gone.csv.",
    ],
    [
      "a table without a column",
      ["--pairs", "no-style.csv"],
      "Expected no-style.csv to have a column named style",
    ],
    [
      "a table without rows",
      ["--pairs", "no-rows.csv"],
      "Expected no-rows.csv to have a row for each picture",
    ],
    ["an unknown column", ["--pairs", "unknown.csv"], 'got "stepps": did you mean steps?'],
    [
      "a column that is for all",
      ["--pairs", "engine.csv"],
      "no column engine, which holds for all pictures: pass --engine.",
    ],
    [
      "a row that is too long",
      ["--pairs", "long.csv"],
      "Expected long.csv to be a table with as many cells in each row.",
    ],
    ["a row's wrong option", ["--pairs", "bad.csv"], "bad.csv, line 3: Expected --steps to be"],
    [
      "a row without a style",
      ["--pairs", "empty-cell.csv"],
      "empty-cell.csv, line 2: Expected a style, got an empty cell.",
    ],
    [
      "a row's wrong yes",
      ["--pairs", "flag.csv"],
      "flag.csv, line 2: Expected normalize-gradients to be yes or no",
    ],
  ])("refuses %s", async (_, words, sentence) => {
    await mkdir(at("empty"));
    const pair = "photos/cat 9.png,paintings/red.png";
    for (const [name, text] of Object.entries({
      "no-style": "content\na.png",
      "no-rows": "content,style\n",
      unknown: `content,style,stepps\n${pair},3`,
      engine: `content,style,engine\n${pair},wasm`,
      long: `content,style\n${pair},3`,
      bad: `content,style,steps\n${pair},3\n${pair},many`,
      "empty-cell": "content,style\nphotos/cat 9.png,",
      flag: `content,style,normalize-gradients\n${pair},perhaps`,
    }))
      await writeFile(at(`${name}.csv`), text);
    const { code, stderr } = await inFolder(folder, () => batch(...words));
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(sentence)]);
    expect(code).toBeGreaterThan(0);
    expect(await stat(at("painted")).catch(() => undefined)).toBeUndefined();
  });
});

async function inFolder<Value>(folder: string, act: () => Promise<Value>): Promise<Value> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await act();
  } finally {
    process.chdir(before);
  }
}
