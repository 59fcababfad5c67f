import { loadNetwork, readPicture } from "@brushwork/backend-node";
import { compactWeights, readSafetensors } from "@brushwork/networks";
import { embedCells, embedRecipe, presets } from "@brushwork/recipes";
import "@tensorflow/tfjs-backend-cpu";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { readRecipe } from "../../packages/cli/src/files/recipe-source.js";
import { addConvolution, hdf5File } from "../../packages/networks/src/keras-hdf5.fixture.js";
import { mutated, mutatedText, mutatedValue } from "./mutations.js";
import { inputFile, tryAll } from "./trial.js";

const [width, height] = [24, 16];

/** A picture that compresses neither to nothing nor to noise. */
function sample(channels: 3 | 4): Sharp {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i) % 251);
  return sharp(data, { raw: { width, height, channels } });
}

const encodings: Readonly<Record<string, readonly ((image: Sharp) => Sharp)[]>> = {
  PNG: [
    (image) => image.png(),
    (image) => image.png({ palette: true }),
    (image) => image.toColourspace("rgb16").png(),
  ],
  JPEG: [
    (image) => image.jpeg(),
    (image) => image.jpeg({ progressive: true }).withMetadata({ orientation: 6 }),
  ],
  WebP: [(image) => image.webp(), (image) => image.webp({ lossless: true })],
  TIFF: [
    (image) => image.tiff({ compression: "lzw" }),
    (image) => image.toColourspace("cmyk").tiff({ compression: "none" }),
  ],
  AVIF: [(image) => image.avif()],
  GIF: [(image) => image.gif()],
};

describe.each(Object.entries(encodings))("mutated files of %s", (_format, variants) => {
  let files: readonly Uint8Array[];
  beforeAll(async () => {
    files = await Promise.all(
      variants.flatMap((encode) => ([3, 4] as const).map((channels) => encode(sample(channels)).toBuffer())),
    );
  });

  it("are read as pictures, or refused by name", async () => {
    await tryAll(
      mutated(files),
      async (bytes) => {
        const picture = await readPicture(inputFile, { longest: 16 + (bytes.length % 16) });
        expect(picture.data).toHaveLength(4 * picture.width * picture.height);
      },
      { name: inputFile },
    );
  });
});

describe.each(["PNG", "JPEG", "WebP", "TIFF"])("mutated recipes in %s", (format) => {
  it("are read, or refused by name", async () => {
    const files = await Promise.all(
      (encodings[format] ?? []).map(async (encode) => new Uint8Array(await encode(sample(3)).toBuffer())),
    );
    const { recipe } = presets.default;
    const cells = new Map(["A1", "B2"].map((cell) => [cell, recipe] as const));
    const carriers = files.flatMap((file) => [file, embedRecipe(file, recipe), embedCells(file, cells)]);
    await tryAll(mutated(carriers), () => readRecipe(inputFile), { name: inputFile });
    await tryAll(mutated(carriers), (bytes) => embedRecipe(bytes, recipe));
  });
});

describe("mutated weights", () => {
  const shard = `${basename(inputFile)}.bin`;
  let file: Uint8Array;
  beforeAll(async () => {
    await tf.setBackend("cpu");
    file = await readFile(new URL(compactWeights));
  });

  const load = async () => {
    const { network } = await loadNetwork("compact", { weights: inputFile });
    network.dispose();
  };

  it("are loaded from safetensors, or refused by name", async () => {
    const before = tf.memory().numTensors;
    await tryAll(mutated([file]), load, { name: inputFile });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("are loaded from a TensorFlow.js model, or refused by name", async () => {
    const entries = Object.entries(readSafetensors(file)).slice(0, 6);
    const weights = entries.map(([name, { shape }]) => ({ name, shape, dtype: "float32" }));
    const model = { format: "layers-model", weightsManifest: [{ paths: [shard], weights }] };
    await writeFile(
      join(dirname(inputFile), shard),
      Buffer.concat(entries.map(([, { data }]) => Buffer.from(data.buffer))),
    );
    await tryAll(mutatedText([JSON.stringify(model)]), load, { name: inputFile });
    await tryAll(mutatedValue([model]), load, { name: inputFile });
    await rm(join(dirname(inputFile), shard));
  });

  it("are loaded from HDF5, or refused by name", async () => {
    const files = await Promise.all(
      (["earliest", "latest"] as const).map((version) =>
        hdf5File(
          (root) => {
            for (const layer of ["block1_conv1", "block1_conv2"])
              addConvolution(root.create_group(layer).create_group(layer), "kernel:0", "bias:0");
          },
          [version, "latest"],
        ),
      ),
    );
    await tryAll(mutated(files), load, { name: inputFile });
  });
});
