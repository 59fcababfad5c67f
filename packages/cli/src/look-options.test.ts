import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPicture } from "@brushwork/backend-node";
import { readSafetensors, writeSafetensors } from "@brushwork/networks";
import { extractRecipe } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { commandLine } from "./options.js";

const content = pictureOf("photo.png");
const styles = [pictureOf("strokes.png"), pictureOf("strokes-red.png")];

/** The same on every machine, and the smallest pyramid. */
const machine = "--engine wasm --threads 1 --quiet --force".split(" ");
const smallest = "--network compact --size 80 --scales 2 --scale-factor 1.25 --steps 2".split(" ");

interface Look {
  readonly words: readonly string[];
  /** What the second run has to be given besides the recipe: files that a recipe cannot hold. */
  readonly again?: readonly string[];
  /** Words that paint another picture, where not those of the smallest pyramid alone. */
  readonly unlike?: readonly string[];
}

const otherWeights = "WEIGHTS";
const look = (...words: readonly string[]): Look => ({ words });

/** A recipe cannot hold masks. */
const masked = (...words: readonly string[]): Look => ({ words, again: words });

/** For each option that changes the picture, words that change it. */
const looks: Readonly<Record<string, readonly Look[]>> = {
  "--size": [look("--size", "64"), look("--size", "80x64"), look("--size", "original")],
  "--crop": [look("--crop", "1:2"), look("--crop", "1:2", "--size", "original")],
  "--fit": ["contain", "stretch"].map((fit) => ({
    words: ["--size", "80x40", "--fit", fit],
    unlike: ["--size", "80x40"],
  })),
  "--scales": [look("--scales", "1")],
  "--scale-factor": [look("--scale-factor", "1.1")],
  "--steps": [look("--steps", "3")],
  "--until-stable": [
    {
      // A preset without a margin.
      words: "--preset paper --size 40 --scales 1 --steps 36 --until-stable 1".split(" "),
      unlike: "--preset paper --size 40 --scales 1 --steps 36".split(" "),
    },
  ],
  "--preset": [look("--preset", "sketch"), look("--preset", "paper")],
  "--style-weight": [look("--style-weight", "3")],
  "--content-weight": [look("--content-weight", "3")],
  "--tv-weight": [look("--tv-weight", "1000")],
  "--style-scale": [look("--style-scale", "0.5")],
  "--style-blend": [
    look("--style-blend", "0.95,0.05"),
    look("--style-blend", "1,0"),
    look("--style-blend", "0,1"),
  ],
  "--content-mask": [masked("--content-mask", pictureOf("two-halves.png"))],
  "--style-mask": [masked("--style-mask", "none", "--style-mask", pictureOf("two-halves.png"))],
  "--keep-colors": [look("--keep-colors", "luma"), look("--keep-colors", "match:0.7")],
  "--init": [
    look("--init", "noise"),
    look("--init", "style"),
    { words: ["--init", pictureOf("strokes-red.png")], again: ["--init", pictureOf("strokes-red.png")] },
  ],
  "--seed": [{ words: ["--init", "noise", "--seed", "7"], unlike: ["--init", "noise"] }],
  "--weights": [{ words: ["--weights", otherWeights], again: ["--weights", otherWeights] }],
  "--pooling": [look("--pooling", "max")],
  "--pooling-scale": [look("--pooling-scale", "2")],
  "--padding": [look("--padding", "replicate")],
  "--content-layers": [look("--content-layers", "relu2_1")],
  "--content-layer-weights": [look("--content-layer-weights", "relu2_2=9")],
  "--style-loss": [
    look("--style-loss", "gram"),
    look("--style-loss", "nearest", "--style-layers", "relu3_1"),
  ],
  "--style-layers": [look("--style-layers", "relu1_2")],
  "--style-layer-weights": [look("--style-layer-weights", "relu1_1=9")],
  "--loss": [look("--loss", "style:name=more,weight=2,layers=relu2_2,reduction=relative")],
  "--normalize-gradients": [look("--normalize-gradients")],
  "--no-default-losses": [look("--no-default-losses", "--style-weight", "1", "--content-weight", "1")],
  "--optimizer": [look("--optimizer", "lbfgs")],
  "--learning-rate": [look("--learning-rate", "0.2")],
  "--history": [
    {
      words: ["--optimizer", "lbfgs", "--steps", "5", "--history", "1"],
      unlike: ["--optimizer", "lbfgs", "--steps", "5"],
    },
  ],
  "--line-search": [
    {
      words: ["--optimizer", "lbfgs", "--steps", "5", "--line-search", "strong-wolfe"],
      unlike: ["--optimizer", "lbfgs", "--steps", "5"],
    },
  ],
};

/** Every other option, and why it is no part of the look. */
const others: Readonly<Record<string, readonly string[]>> = {
  "it says what is written, and where": [
    "--output",
    "--force",
    "--format",
    "--quality",
    "--strip",
    "--save-every",
    "--frames",
    "--timelapse",
    "--open",
    "--show",
    "--save-recipe",
    "--checkpoint",
    "--no-checkpoint",
  ],
  "it is the way back": ["--recipe", "--cell"],
  "compact, with which every run here paints, has an input of its own": ["--preprocessing"],
  "every run here names it, since one network alone comes with its weights": ["--network"],
  "it lets code be loaded": ["--allow-plugins"],
  "it is about the words alone": ["--no-config"],
  "it is about the machine, on which the last bits depend": [
    "--engine",
    "--threads",
    "--precision",
    "--memory",
  ],
  "it is about reporting": ["--json", "--quiet", "--debug"],
  "it prints and paints nothing": ["--version", "--dry-run"],
};

it("every option of the help is in one of the two tables", () => {
  const ignore = async () => {};
  const { options } = commandLine({
    paint: ignore,
    presets: ignore,
    networks: ignore,
    losses: ignore,
    engines: ignore,
    doctor: ignore,
    tryEngine: ignore,
    completion: ignore,
    manPage: ignore,
  });
  const listed = [...Object.keys(looks), ...Object.values(others).flat()];
  expect(options.map(({ long }) => long).sort()).toEqual([...listed].sort());
});

describe("a picture's recipe paints it again", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-look-"));
    const compact = fileURLToPath(new URL("../../networks/assets/compact.safetensors", import.meta.url));
    const arrays = Object.entries(readSafetensors(await readFile(compact)));
    const brighter = arrays.map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value) => value * 1.01) },
    ]);
    await writeFile(join(folder, "weights.safetensors"), writeSafetensors(Object.fromEntries(brighter)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function painted(name: string, ...words: readonly string[]): Promise<Buffer> {
    const file = join(folder, name);
    const paths = words.map((word) => (word === otherWeights ? join(folder, "weights.safetensors") : word));
    const { code, stderr } = await outcomeOf([content, ...styles, ...machine, ...paths, "-o", file]);
    expect([code, stderr]).toEqual([0, ""]);
    return readFile(file);
  }

  let usual: Buffer;
  beforeAll(async () => {
    usual = await painted("usual.png", ...smallest, ...shallow);
  });

  it("as it is, without options", async () => {
    expect((await painted("again.png", "--recipe", join(folder, "usual.png"))).equals(usual)).toBe(true);
  });

  const rows = Object.values(looks).flat();
  it.each(rows.map((row) => [row.words.map((word) => word.split("/").at(-1)).join(" "), row] as const))(
    "with %s",
    async (_, { words, again = [], unlike }) => {
      const first = await painted("first.png", ...smallest, ...shallow, ...words);
      const other =
        unlike === undefined ? usual : await painted("other.png", ...smallest, ...shallow, ...unlike);
      const [pixels, otherPixels] = [await readPicture(first), await readPicture(other)];
      expect(pixels.data, "pixels of another picture").not.toEqual(otherPixels.data);
      const second = await painted("second.png", "--recipe", join(folder, "first.png"), ...again);
      expect(extractRecipe(second)).toEqual(extractRecipe(first));
      expect(second.equals(first), "equal to the first picture").toBe(true);
    },
  );

  describe.each([
    ["texture", pictureOf("strokes.png"), "--style-loss gram"],
    // Its transparent half: a texture is painted over opaque white.
    ["texture", pictureOf("two-halves.png"), "--learning-rate 0.1"],
    ["texture", pictureOf("strokes.png"), "--size 80x64 --seed 7"],
    ["reconstruct", content, "--layer relu2_2"],
    ["reconstruct", pictureOf("two-halves.png"), "--tv-weight 1 --seed 7"],
  ])("by %s, of %s, with %s", (command, picture, words) => {
    const plainest = command === "texture" ? [...smallest, "--style-layers", "relu1_1,relu2_1"] : smallest;
    it("with the same command", async () => {
      const rebuilt = async (name: string, ...more: readonly string[]) => {
        const file = join(folder, name);
        const { code, stderr } = await outcomeOf([command, picture, ...machine, ...more, "-o", file]);
        expect([code, stderr]).toEqual([0, ""]);
        return readFile(file);
      };
      const plain = await rebuilt("plain.png", ...plainest);
      const first = await rebuilt("first.png", ...plainest, ...words.split(" "));
      const [pixels, otherPixels] = [await readPicture(first), await readPicture(plain)];
      expect(pixels.data, "pixels of another picture").not.toEqual(otherPixels.data);
      const second = await rebuilt("second.png", "--recipe", join(folder, "first.png"));
      expect(extractRecipe(second)).toEqual(extractRecipe(first));
      expect(second.equals(first), "equal to the first picture").toBe(true);
    });
  });
});
