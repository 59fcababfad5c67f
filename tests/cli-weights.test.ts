import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture, weightStore, writePicture } from "@brushwork/backend-node";
import { extractRecipe, termName } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { brushworkHere, machine, missing, shallow } from "./command.js";
import { disc, stripes } from "./pictures.js";

const pictures = ["photo.png", "painting.png"];
const quick = [..."--size 64 --scales 1 --steps 2".split(" "), ...machine, ...shallow];
const mend = "brushwork weights pull vgg19";

describe.skipIf(missing !== undefined)(
  missing ? `skipped: ${missing}` : "weights on the command line",
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "brushwork-"));
      await writePicture(join(folder, "photo.png"), disc(80, 60));
      await writePicture(join(folder, "painting.png"), stripes(60, 80));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const path = (cache: string) => join(folder, cache, "weights", "vgg19.safetensors");
    const run = (words: string, cache = "empty") =>
      brushworkHere(words.split(" "), { folder, environment: { BRUSHWORK_CACHE: join(folder, cache) } });
    const paint = (output: string, options = "", cache = "empty") =>
      run([...pictures, ...quick, "-o", output, ...options.split(" ").filter(Boolean)].join(" "), cache);
    const recipeOf = async (name: string) => extractRecipe(await readFile(join(folder, name)));

    /** A cache whose vgg19 goes from conv1_1 to conv5_1, with one channel everywhere. */
    async function cacheWithTinyWeights(cache: string) {
      const published = tinyWeights();
      const url = await serving(published);
      const store = weightStore({
        folder: join(folder, cache),
        catalogue: {
          vgg19: {
            sources: [`${url}/vgg19.safetensors`],
            bytes: published.length,
            md5: createHash("md5").update(published).digest("hex"),
            licence: "CC BY 4.0",
            attribution: "Tiny, by its authors",
            citation: "The authors: Tiny, 2014",
          },
        },
      });
      return store.pull("vgg19");
    }

    describe("from an empty cache", () => {
      it.each([
        ["weights", 0, `vgg19\n  not here; ${mend} fetches 76 MiB`],
        ["weights list", 0, "vgg16\n  not here; brushwork weights pull vgg16 fetches 56 MiB"],
        ["weights path vgg19", 0, join("empty", "weights", "vgg19.safetensors\n")],
        ["weights path", 0, join("empty", "weights\n")],
        ["weights verify", 1, `found none. Get some: ${mend}\n`],
        ["weights verify vgg19", 1, `found none. Get them: ${mend}\n`],
        ["weights remove vgg19", 0, "There were no weights of vgg19 to remove.\n"],
        ["weights push", 2, 'one of list, pull, verify, remove, path, got "push"'],
        ["weights pull", 2, 'Expected NETWORK after "brushwork weights pull"'],
        ["weights pull vgg11", 2, 'Expected the network to be one of vgg19, vgg16, got "vgg11".'],
        ["weights pull vgg19 --source ftp://mirror", 2, "begins with https://"],
      ])("%s", async (words, code, text) => {
        const answer = await run(words);
        expect(answer.code).toBe(code);
        expect(code === 0 ? answer.stdout : answer.stderr).toContain(text);
        expect(code === 0 ? answer.stderr : answer.stdout).toBe("");
      });

      it.each(["", "--preset paper --size 64"])("compact stands in, and it is said: %s", async (options) => {
        const output = `stand-in${options.length}.png`;
        const { code, stderr } = await paint(output, options);
        expect(stderr).toContain(
          "brushwork: Painting with the small network compact: the weights of vgg19, which paints better, " +
            `are not here. Get them: ${mend}\n`,
        );
        expect(code).toBe(0);
        expect((await recipeOf(output))?.network.name).toBe("compact");
      });

      it("a network that was asked for has no stand-in", async () => {
        const { code, stderr } = await paint("none.png", "--network vgg19");
        expect([code, stderr]).toEqual([
          1,
          `brushwork: Expected the weights of vgg19 in ${path("empty")}, found none. Get them: ${mend}\n`,
        ]);
      });

      it("neither has one that a preset with another program's name asks for", async () => {
        const { code, stderr } = await paint("jcjohnson.png", "--preset jcjohnson");
        expect([code, stderr]).toEqual([
          1,
          `brushwork: Expected the weights of vgg19 in ${path("empty")}, found none. Get them: ${mend}\n`,
        ]);
      });

      it("a mirror that gives another file is refused", async () => {
        const url = await serving(Buffer.from("something else"));
        const { code, stderr } = await run(`weights pull vgg19 --source ${url}/vgg19.h5`, "mirror");
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /^brushwork: Expected a source to give vgg19\.h5, but 127\.0\.0\.1:\d+ has a file of 14 bytes.*\n$/,
        );
      });
    });

    describe("with weights in the cache", () => {
      it("they paint, and their hash is in the picture and in the events", async () => {
        const { sha256 } = await cacheWithTinyWeights("full");
        const { code, stdout, stderr } = await paint("full.png", "--json", "full");
        expect([code, stderr]).toEqual([0, ""]);
        const network = { name: "vgg19", pooling: "average", weights: `sha256:${sha256}` };
        expect(JSON.parse(stdout.split("\n")[0] ?? "")).toMatchObject({
          event: "start",
          recipe: { network },
        });
        expect((await recipeOf("full.png"))?.network).toEqual(network);

        const listed = await run("weights list", "full");
        expect(listed.stdout).toContain(`float32, SHA-256 ${sha256}\n  ${path("full")}\n`);
        const verified = await run("weights verify", "full");
        expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("vgg19: intact, ")]);
        const removed = await run("weights remove vgg19", "full");
        expect([removed.code, removed.stdout]).toEqual([0, "Removed the weights of vgg19.\n"]);
        expect((await run("weights verify vgg19", "full")).code).toBe(1);
      });

      it("are named by their published source, as the page names them, and a recipe of either paints without a warning", async () => {
        await cacheWithTinyWeights("published");
        const record = path("published").replace(/\.safetensors$/, ".json");
        // As if they had been converted from what Keras publishes.
        const md5 = "253f8cb515780f3b799900260a226db6";
        const { provenance, ...rest } = JSON.parse(await readFile(record, "utf8"));
        await writeFile(record, JSON.stringify({ ...rest, provenance: { ...provenance, md5 } }));
        expect((await paint("published.png", "", "published")).code).toBe(0);
        const recipe = await recipeOf("published.png");
        expect(recipe?.network.weights).toBe(`vgg19/keras@${md5}`);

        const again = (file: string) =>
          run(
            `${pictures.join(" ")} --engine wasm --threads 1 --recipe ${file} -o again.png --force`,
            "published",
          );
        expect((await again("published.png")).stderr).not.toContain("other weights");
        // Versions before named them by the digest of the file.
        const { sha256 } = JSON.parse(await readFile(record, "utf8"));
        for (const [weights, warned] of [
          [`sha256:${sha256}`, false],
          [`sha256:${"0".repeat(64)}`, true],
        ] as const) {
          const named = { ...recipe, network: { ...recipe?.network, weights } };
          await writeFile(join(folder, "named.json"), JSON.stringify(named));
          const { stderr } = await again("named.json");
          expect(stderr.includes("The recipe is for other weights of vgg19")).toBe(warned);
        }
      });

      it("a truncated file is an error, not a reason for a stand-in", async () => {
        await cacheWithTinyWeights("cut");
        await truncate(path("cut"), 100);
        for (const refused of [() => paint("cut.png", "", "cut"), () => run("weights verify", "cut")]) {
          const { code, stderr } = await refused();
          expect(code).toBe(1);
          expect(stderr).toMatch(/^brushwork: .* got 100\. Get them again: brushwork weights pull vgg19\n$/);
        }
      });
    });

    it("so is a damaged record beside them", async () => {
      await cacheWithTinyWeights("unrecorded");
      await writeFile(path("unrecorded").replace(/\.safetensors$/, ".json"), "{");
      const { code, stderr } = await paint("unrecorded.png", "", "unrecorded");
      expect(code).toBe(1);
      expect(stderr).toMatch(/^brushwork: .*brushwork weights pull vgg19\n$/);
    });

    it("the paper's preset weighs its sums for compact when that is chosen", async () => {
      const { code } = await paint("paper.png", "--preset paper --network compact");
      expect(code).toBe(0);
      // Four times fewer channels: 0.5 · 4 and 1000 · 4⁴.
      expect((await recipeOf("paper.png"))?.terms.map(({ weight }) => weight)).toEqual([2, 256_000, 650_250]);
    });

    describe("rebuilding from noise", () => {
      it.each([
        ["reconstruct photo.png --layer relu3_1 --size 64", "photo-relu3_1.png", [64, 48], ["content", "tv"]],
        [
          "texture painting.png --size 64 --style-layers relu1_1",
          "painting-texture.png",
          [48, 64],
          ["style", "tv"],
        ],
        [
          "texture painting.png --size 96x40 --style-layers relu1_1 -o wide.png",
          "wide.png",
          [96, 40],
          ["style", "tv"],
        ],
      ])("%s", async (words, output, size, terms) => {
        const options = "--network compact --engine wasm --threads 1 --steps 2 --scales 1";
        const { code, stderr } = await run(`${words} ${options}`);
        expect(stderr).not.toContain("brushwork:");
        expect(code).toBe(0);
        const { width, height } = await readPicture(join(folder, output));
        expect([width, height]).toEqual(size);
        const recipe = await recipeOf(output);
        expect(recipe?.init).toBe("noise");
        expect(recipe?.terms.map(termName)).toEqual(terms);
      });

      it("a layer that there is not: those that there are", async () => {
        const { code, stderr } = await run(
          "reconstruct photo.png --layer relu9_9 --network compact --engine wasm",
        );
        expect(code).toBe(2);
        expect(stderr).toMatch(/^brushwork: .*got "relu9_9"; there are image, .*relu4_2.*\n$/);
      });
    });
  },
);

/** Serves bytes at every path, until the test has finished. */
async function serving(bytes: Uint8Array): Promise<string> {
  const server = createServer((_, response) => response.end(bytes));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** VGG-19 from conv1_1 to conv5_1, one channel everywhere, its kernels 1/9: a safetensors file. */
function tinyWeights(): Uint8Array {
  const convolutions = [2, 2, 4, 4, 1].flatMap((count, block) =>
    Array.from({ length: count }, (_, i) => `conv${block + 1}_${i + 1}`),
  );
  const arrays = convolutions.flatMap((name, i) => [
    { name: `${name}/kernel`, shape: [3, 3, i === 0 ? 3 : 1, 1], value: 1 / 9 },
    { name: `${name}/bias`, shape: [1], value: 0.1 },
  ]);
  let end = 0;
  const header: Record<string, object> = {};
  const values: number[] = [];
  for (const { name, shape, value } of arrays) {
    const count = shape.reduce((product, side) => product * side);
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + 4 * count] };
    end += 4 * count;
    values.push(...Array<number>(count).fill(value));
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, Buffer.from(Float32Array.from(values).buffer)]);
}
