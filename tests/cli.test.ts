import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { readPicture, writePicture } from "@brushwork/backend-node";
import { extractRecipe, termName } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushworkHere, command, eventsOf, machine, missing, shallow } from "./command.js";
import { disc, stripes } from "./pictures.js";

/** The smallest work there is. */
const quick = [..."--network compact --size 64 --scales 1 --steps 5".split(" "), ...machine, ...shallow];

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "the command brushwork", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    await writePicture(join(folder, "photo.jpg"), disc(80, 60));
    await writePicture(join(folder, "painting.png"), stripes(60, 80));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** @param options `input` for the standard input; `onOutput` sees the standard output so far */
  function brushwork(
    words: readonly string[],
    { input, onOutput }: { input?: Uint8Array; onOutput?: (text: string, kill: () => void) => void } = {},
  ) {
    return new Promise<{ code: number | null; stdout: Buffer; stderr: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [command, ...words], { cwd: folder });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => {
        stdout.push(chunk);
        onOutput?.(Buffer.concat(stdout).toString(), () => child.kill("SIGINT"));
      });
      child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
      child.on("error", reject);
      child.on("close", (code) =>
        resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
      );
      // A command that refuses its options does not read.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
    });
  }

  const here = (words: readonly string[]) => brushworkHere(words, { folder });

  /** Paints, and expects that to succeed. */
  async function painted(...words: readonly string[]): Promise<void> {
    const { code, stderr } = await here(words);
    expect(stderr).not.toContain("brushwork:");
    expect(code).toBe(0);
  }

  const bytesOf = (name: string) => readFile(join(folder, name));
  const recipeOf = async (name: string) => extractRecipe(await bytesOf(name));

  it("paints a picture named after both, and only once without --force", async () => {
    await painted("photo.jpg", "painting.png", ...quick);
    const picture = await readPicture(join(folder, "photo-painting.png"));
    expect([picture.width, picture.height]).toEqual([64, 48]);
    expect((await recipeOf("photo-painting.png"))?.scales).toEqual([{ size: 64, steps: 5 }]);

    const again = await brushwork(["photo.jpg", "painting.png", ...quick]);
    expect([again.code, again.stderr]).toEqual([
      1,
      "brushwork: photo-painting.png already exists: choose another name, or pass --force.\n",
    ]);
    const before = await bytesOf("photo-painting.png");
    await painted("photo.jpg", "painting.png", ...quick, "--force", "--steps", "6");
    expect((await bytesOf("photo-painting.png")).equals(before)).toBe(false);
  });

  it("stops when a run diverges, and keeps the last picture that there was", async () => {
    const wild = ["--preset", "paper", "--learning-rate", "1e30", "-o", "wild.png"];
    const { code, stderr } = await here(["photo.jpg", "painting.png", ...quick, ...wild, "--quiet"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^brushwork: The (?:loss "\w+"|picture) became \w+ at step \d: lower the weights or --learning-rate\. The picture of step 1 of 5 is in wild\.png\.\n$/,
    );
    expect((await recipeOf("wild.png"))?.scales).toEqual([expect.objectContaining({ steps: 1 })]);
  });

  it.each(["png", "jpg", "webp", "tiff"])("paints the same again from a .%s's own recipe", async (format) => {
    const look = ["--style-weight", "3", "--init", "noise", "--seed", "7", "--pooling", "max"];
    await painted("photo.jpg", "painting.png", ...quick, ...look, "-o", `first.${format}`);
    const recipe = await recipeOf(`first.${format}`);
    expect(recipe?.terms.find((term) => termName(term) === "style")?.weight).toBe(3);
    expect(recipe?.network).toEqual({
      name: "compact",
      pooling: "max",
      weights: "compact/brushwork@2bc24d52c698b59a",
    });
    const second = `second.${format}`;
    await painted("photo.jpg", "painting.png", "--recipe", `first.${format}`, ...machine, "-o", second);
    expect((await bytesOf(second)).equals(await bytesOf(`first.${format}`))).toBe(true);
  });

  it("saves pictures on the way, each with the recipe that paints it", async () => {
    await painted(
      ...["photo.jpg", "painting.png", "painting.png", "--style-blend", "0.7,0.3", ...quick],
      ...["--size", "128", "--scales", "2", "--steps", "3", "--save-every", "2"],
      ...["--save-recipe", "whole.json", "-o", "way.png"],
    );
    const sizes = await Promise.all(
      ["way-0000.png", "way-0002.png", "way-0004.png", "way.png"].map(async (name) => {
        const { width, height } = await readPicture(join(folder, name));
        return `${width}×${height}`;
      }),
    );
    expect(sizes).toEqual(Array(4).fill("128×96"));
    expect(JSON.parse((await bytesOf("whole.json")).toString())).toEqual(await recipeOf("way.png"));
    expect(await recipeOf("way-0000.png")).toBeUndefined();
    expect((await recipeOf("way-0004.png"))?.scales).toEqual([
      { size: 80, steps: 3 },
      { size: 128, steps: 1 },
    ]);
    const styles = ["painting.png", "painting.png", "--style-blend", "0.7,0.3"];
    await painted("photo.jpg", ...styles, "--recipe", "way-0004.png", ...machine, "-o", "left.png");
    expect((await bytesOf("left.png")).equals(await bytesOf("way-0004.png"))).toBe(true);
  });

  it("starts from another picture", async () => {
    await writePicture(join(folder, "start.png"), stripes(40, 30));
    await painted(
      ...["photo.jpg", "painting.png", ...quick, "--init", "start.png"],
      ...["--save-every", "9", "-o", "started.png"],
    );
    expect((await recipeOf("started.png"))?.init).toBe("picture");
    const start = await readPicture(join(folder, "started-0000.png"));
    // The stand-in for the photograph is orange in the middle; the stripes are blue and yellow.
    const middle = (24 * 64 + 32) * 4;
    expect([...start.data.subarray(middle, middle + 3)]).not.toEqual([220, 120, 40]);

    const again = await here(["photo.jpg", "painting.png", "--recipe", "started.png", "-o", "again.png"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--init FILE");
  });

  it("reads and writes streams, and reports elsewhere", async () => {
    const input = await bytesOf("photo.jpg");
    const { code, stdout, stderr } = await brushwork(["-", "painting.png", ...quick, "-o", "-"], { input });
    expect(code).toBe(0);
    expect(await readPicture(stdout)).toMatchObject({ width: 64, height: 48 });
    expect(extractRecipe(stdout)?.scales).toEqual([{ size: 64, steps: 5 }]);
    expect(stderr).toMatch(
      /^- in the style of painting\.png, 64×48, 5 steps, compact on wasm, .*\n1\/5 .* left {2}content /,
    );
    expect(stderr).toMatch(/5\/5 .*\nWrote to the standard output, 64×48\n5 steps in .*\n$/);

    const options = ["-o", "-", "--format", "jpeg", "--json"];
    const jpeg = await brushwork(["photo.jpg", "-", ...quick, ...options], {
      input: await bytesOf("painting.png"),
    });
    expect(jpeg.stdout.subarray(0, 3).toString("hex")).toBe("ffd8ff");
    expect(eventsOf(jpeg.stderr).at(-1)).toMatchObject({ event: "done", steps: 5 });
  });

  it("prints one object a line for programs", async () => {
    const { code, stdout, stderr } = await here([
      ...["photo.jpg", "painting.png", ...quick, "--json", "-o", "json.png"],
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const events = eventsOf(stdout);
    expect(events.map(({ event }) => event)).toEqual(["start", ...Array(5).fill("step"), "saved", "done"]);
    expect(events[0]).toMatchObject({
      engine: "wasm",
      width: 64,
      height: 48,
      steps: 5,
      recipe: { version: 2 },
    });
    expect(events[0]).toMatchObject({ bytes: expect.any(Number), seconds: expect.any(Number) });
    expect(events[5]).toMatchObject({ step: 5, total: 5, width: 64, height: 48, secondsLeft: 0 });
    expect(Object.keys(events[5]?.losses ?? {})).toEqual(["content", "style", "tv", "total"]);
    expect(events[6]).toEqual({ event: "saved", path: "json.png", step: 5, width: 64, height: 48 });

    const failed = await here(["photo.jpg", "nothing.png", "--json"]);
    expect(eventsOf(failed.stdout)).toEqual([
      { event: "error", message: expect.stringContaining("nothing.png"), exitCode: 1 },
    ]);
    expect(failed.stderr).toMatch(/^brushwork: .*nothing\.png.*\n$/);
  });

  // Windows has no such signal to send.
  it.skipIf(process.platform === "win32")("writes the picture so far when it is interrupted", async () => {
    const words = ["photo.jpg", "painting.png", ...quick, "--steps", "100000", "--json", "-o", "so-far.png"];
    let killed = false;
    const { code, stdout, stderr } = await brushwork(words, {
      onOutput(text, kill) {
        if (killed || !text.includes('"step":3,')) return;
        killed = true;
        kill();
      },
    });
    expect(code).toBe(130);
    const saved = eventsOf(stdout.toString()).find(({ event }) => event === "saved");
    expect(stderr).toBe(
      `brushwork: Stopped at step ${saved?.step} of 100000: the picture so far is in so-far.png. Go on with it: brushwork resume so-far.png.checkpoint --force\n`,
    );
    expect(await readPicture(join(folder, "so-far.png"))).toMatchObject({ width: 64, height: 48 });
    expect((await recipeOf("so-far.png"))?.scales).toEqual([{ size: 64, steps: saved?.step }]);
  });

  it("is quiet when asked", async () => {
    const { code, stdout, stderr } = await here([
      ...["photo.jpg", "painting.png", ...quick, "--quiet", "-o", "quiet.png"],
    ]);
    expect([code, stdout.length, stderr]).toEqual([0, 0, ""]);
  });

  it("lists what there is", async () => {
    const shown: string[] = [];
    for (const word of ["--help", "--version", "presets", "networks", "engines"]) {
      // Engines are tried in processes of their own, by the command's own file.
      const { code, stdout, stderr } = await (word === "engines" ? brushwork : here)([word]);
      expect([code, stderr]).toEqual([0, ""]);
      shown.push(stdout.toString());
    }
    const [help, version, presets, networks, engines] = shown;
    expect(help).toMatch(/^Usage: brushwork CONTENT STYLE.*Examples:.*Exit codes:/s);
    expect(version).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    expect(presets).toMatch(/^default: .*\npaper: .*224×224 for 1000 steps.*docs\/pictures\.md\n$/s);
    expect(networks).toMatch(
      /^compact\n {2}weights {2}compact\/brushwork@2bc24d52c698b59a\n {2}layers .*relu4_2/s,
    );
    expect(engines).toMatch(/^wasm +WebAssembly/m);
  });

  describe("refuses in one line, and leaves no file behind,", () => {
    let before: readonly string[];
    beforeAll(async () => {
      const at = (name: string) => join(folder, name);
      await rm(at("photo-painting.png"), { force: true });
      await mkdir(at("folder"));
      await writeFile(at("text.jpg"), "no picture");
      await writeFile(at("empty.png"), "");
      await writeFile(at("cut.jpg"), (await bytesOf("photo.jpg")).subarray(0, 900));
      await writePicture(at("pixel.png"), disc(1, 1));
      await writeFile(at("bomb.png"), pngOfSize(30_000, 30_000));
      await writeFile(at("taken.png"), "");
      const { stdout } = await brushwork(["photo.jpg", "painting.png", ...quick, "-o", "-"]);
      const recipe = { ...extractRecipe(stdout), version: 3 };
      await writeFile(at("newer.json"), JSON.stringify(recipe));
      before = await readdir(folder);
    });
    afterAll(async () => expect(await readdir(folder)).toEqual(before));

    const pictures = ["photo.jpg", "painting.png"];
    const cases: readonly (readonly [
      what: string,
      code: number,
      message: string,
      words: readonly string[],
    ])[] = [
      ["nothing at all", 2, "CONTENT and STYLE", []],
      ["a missing style", 2, "STYLE is missing", ["photo.jpg"]],
      ["a file that is not there", 1, "nothing.jpg", ["nothing.jpg", "painting.png"]],
      ["a folder for a picture", 1, "folder", ["photo.jpg", "folder"]],
      ["text for a picture", 1, "text.jpg", ["text.jpg", "painting.png"]],
      ["an empty file", 1, "empty.png", ["photo.jpg", "empty.png"]],
      ["a picture that is cut off", 1, "cut.jpg", ["cut.jpg", "painting.png"]],
      ["a picture of one pixel", 1, "at least 16 pixels", ["pixel.png", "painting.png"]],
      ["a decompression bomb", 1, "30000×30000", ["bomb.png", "painting.png"]],
      ["the standard input twice", 2, "got it 2 times", ["-", "-"]],
      ["an empty stream", 1, "empty", ["-", "painting.png"]],
      ["an unknown option", 2, "--style-weight?", [...pictures, "--style-wieght", "3"]],
      ["an unknown network", 2, "compact, vgg19", [...pictures, "--network", "vgg99"]],
      ["an unknown preset", 2, "default, fine, sketch, paper", [...pictures, "--preset", "none"]],
      ["an unknown engine", 2, "wasm", [...pictures, "--engine", "abacus"]],
      ["an unknown layer", 2, "relu4_2", [...pictures, ...quick, ...onLayer("relu9_9")]],
      ["a negative weight", 2, '"-1"', [...pictures, "--style-weight", "-1"]],
      ["a weight that is no number", 2, '"NaN"', [...pictures, "--tv-weight", "NaN"]],
      ["weights that do not fit the styles", 2, "1, got 2", [...pictures, "--style-blend", "1,2"]],
      ["a size of nothing", 2, '"0"', [...pictures, "--size", "0"]],
      [
        "a size below the deepest layer's",
        2,
        "shallower layers",
        [...pictures, ...quick, ...onLayer("relu5_1"), "--size", "8"],
      ],
      ["a size beyond the memory", 2, "choose --size", [...pictures, ...quick, "--size", "60000"]],
      ["threads that there cannot be", 2, "1 to 1024", [...pictures, ...quick, "--threads", "0"]],
      ["an output without its folder", 1, "nowhere", [...pictures, "-o", "nowhere/out.png"]],
      ["an output below a file", 1, "photo.jpg/out.png", [...pictures, "-o", "photo.jpg/out.png"]],
      ["a folder for an output", 1, "is a folder", [...pictures, "-o", "folder"]],
      ["an output of another format", 2, ".webp", [...pictures, "-o", "out.bmp"]],
      ["an output that exists", 1, "--force", [...pictures, "-o", "taken.png"]],
      ["an input for an output", 2, "not an input", [...pictures, "--force", "-o", "./painting.png"]],
      ["pictures on the way into a stream", 2, "-o", [...pictures, "--save-every", "2", "-o", "-"]],
      ["a recipe of a newer version", 1, "update", [...pictures, "--recipe", "newer.json"]],
      ["a picture without a recipe", 1, "carry", [...pictures, "--recipe", "photo.jpg"]],
      ["weights that are none", 1, "text.jpg", [...pictures, ...quick, "--weights", "text.jpg"]],
      ["a preset beside a recipe", 2, "both", [...pictures, "--preset", "paper", "--recipe", "newer.json"]],
    ];
    it.each(cases)("%s", async (_, code, message, words) => {
      const answer = await (words.includes("-") ? brushwork(words) : here(words));
      const told = answer.stderr.split("\n");
      expect([answer.code, answer.stdout.length, told.length]).toEqual([code, 0, 2]);
      expect(told[0]).toMatch(/^brushwork: [^\n]+$/);
      expect(told[0]).toContain(message);
      expect(told[0]).not.toMatch(/\bat .*:\d+/);
    });

    it("and with a stack when asked", async () => {
      const { code, stderr } = await brushwork(["text.jpg", "painting.png", "--debug"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^brushwork: .*\n.*Error: .*\n +at /);
    });
  });
});

function onLayer(layer: string): readonly string[] {
  return ["--style-layers", layer];
}

/** A PNG that claims a size, and holds next to nothing. */
function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const pixels = deflateSync(Buffer.alloc(1000));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
