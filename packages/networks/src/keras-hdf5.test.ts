import type { Group } from "h5wasm";
import { describe, expect, it } from "vitest";
import { addConvolution, hdf5File } from "./keras-hdf5.fixture.js";
import { readKerasHdf5 } from "./keras-hdf5.js";

/** The oldest and the newest of HDF5's file formats that may be used. */
const formats = [
  ["earliest", "latest"],
  ["v108", "latest"],
  ["latest", "latest"],
] as const;

/** The layout of Keras's published vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5. */
function published(file: Group): void {
  const layers = [2, 2, 4, 4, 4].flatMap((convolutions, b) => [
    ...Array.from({ length: convolutions }, (_, c) => `block${b + 1}_conv${c + 1}`),
    `block${b + 1}_pool`,
  ]);
  file.create_attribute("layer_names", ["input_1", ...layers]);
  file.create_attribute("backend", "tensorflow");
  file.create_group("input_1").create_attribute("weight_names", []);
  layers.forEach((layer, i) => {
    const group = file.create_group(layer);
    if (layer.endsWith("_pool")) return;
    const [kernel, bias] = [`${layer}_W_1:0`, `${layer}_b_1:0`];
    group.create_attribute("weight_names", [kernel, bias]);
    addConvolution(group, kernel, bias, 100 * i);
  });
}

const kernel = (first: number) => ({
  shape: [3, 3, 1, 2],
  data: Float32Array.from({ length: 18 }, (_, i) => first + i),
});
const bias = { shape: [2], data: Float32Array.of(-1, -2) };

describe("readKerasHdf5", () => {
  it.each(formats)(
    "reads the layout of Keras's published file, in formats from %s to %s",
    async (...libver) => {
      const arrays = await readKerasHdf5(await hdf5File(published, libver));
      expect(Object.keys(arrays)).toHaveLength(32);
      expect(arrays["block1_conv1/kernel"]).toEqual(kernel(0));
      // The ninth layer: two convolutions and a pooling, twice, then this.
      expect(arrays["block3_conv3/kernel"]).toEqual(kernel(800));
      expect(arrays["block5_conv4/bias"]).toEqual(bias);
    },
  );

  it("reads what save_weights writes, where a layer's group holds a group of its own", async () => {
    const file = await hdf5File((root) => {
      const layer = root.create_group("block2_conv1").create_group("block2_conv1");
      addConvolution(layer, "kernel:0", "bias:0", 5);
    });
    expect(await readKerasHdf5(file)).toEqual({
      "block2_conv1/kernel": kernel(5),
      "block2_conv1/bias": bias,
    });
  });

  it("reads a saved model, leaving its optimizer alone", async () => {
    const file = await hdf5File((root) => {
      const weights = root.create_group("model_weights").create_group("vgg19").create_group("block1_conv1");
      addConvolution(weights, "kernel:0", "bias:0");
      const optimizer = root.create_group("optimizer_weights").create_group("block1_conv1");
      addConvolution(optimizer, "m:0", "v:0");
    });
    expect(await readKerasHdf5(file)).toEqual({
      "block1_conv1/kernel": kernel(0),
      "block1_conv1/bias": bias,
    });
  });

  it("reads float64", async () => {
    const file = await hdf5File((root) => {
      const group = root.create_group("conv1_1");
      group.create_dataset({ name: "b", data: [0.5, -2], shape: [2], dtype: "<d" });
      group.create_dataset({ name: "W", data: [1, 2], shape: [1, 1, 1, 2], dtype: "<d" });
    });
    const arrays = await readKerasHdf5(file);
    expect(arrays["conv1_1/bias"]?.data).toEqual(Float32Array.of(0.5, -2));
    expect(arrays["conv1_1/kernel"]?.data).toEqual(Float32Array.of(1, 2));
  });

  it("reads a file that begins within a buffer", async () => {
    const file = await hdf5File(published);
    const within = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    expect(Object.keys(await readKerasHdf5(within))).toHaveLength(32);
  });
});

/** Where ASCII text begins in a file, which has it. */
function placeOf(file: Uint8Array, text: string, from = 0): number {
  const place = Buffer.from(file).indexOf(text, from, "latin1");
  expect(place).not.toBe(-1);
  return place;
}

/** The published layout with the tree of its root's names grown: forty levels, each node with both branches to the next. */
async function withEndlessTree(): Promise<Uint8Array> {
  const file = await hdf5File(published);
  const root = placeOf(file, "TREE");
  const levels = 40;
  const grown = Buffer.concat([file, Buffer.alloc(levels * 64)]);
  const leaf = Buffer.from(file.subarray(root, root + 24));
  const addressOf = (level: number) => (level === levels ? root : file.length + level * 64);
  for (let level = levels; level >= 0; level--) {
    const node = addressOf(level);
    leaf.copy(grown, node);
    grown.writeUInt8(level, node + 5);
    grown.writeUInt16LE(level === 0 ? 1 : 2, node + 6);
    const child = level === 0 ? placeOf(file, "SNOD") : addressOf(level - 1);
    grown.writeBigUInt64LE(BigInt(child), node + 24 + 8);
    grown.writeBigUInt64LE(BigInt(child), node + 24 + 24);
  }
  return grown;
}

/** One convolution, its kernel's first side declared to be another. */
async function withSide(side: bigint): Promise<Uint8Array> {
  const file = Buffer.from(
    await hdf5File((root) => addConvolution(root.create_group("conv1_1"), "kernel:0", "bias:0")),
  );
  const sides = Buffer.alloc(16);
  sides.writeBigUInt64LE(3n);
  sides.writeBigUInt64LE(3n, 8);
  file.writeBigUInt64LE(side, file.indexOf(sides));
  return file;
}

describe("readKerasHdf5 of damaged and hostile files", () => {
  const one = (fill: (group: Group) => void) => hdf5File((root) => fill(root.create_group("conv1_1")));

  it.each<[string, () => Promise<Uint8Array>, string]>([
    [
      "a compressed array",
      () =>
        one((group) =>
          group.create_dataset({
            name: "b",
            data: new Float32Array(64),
            shape: [64],
            chunks: [64],
            compression: 9,
          }),
        ),
      "Expected conv1_1/bias in one piece, not compressed in an HDF5 file by Keras",
    ],
    [
      "an array in pieces",
      () =>
        one((group) =>
          group.create_dataset({ name: "b", data: new Float32Array(64), shape: [64], chunks: [8] }),
        ),
      "Expected conv1_1/bias in one piece",
    ],
    [
      "whole numbers",
      () => one((group) => group.create_dataset({ name: "b", data: Int32Array.of(1), shape: [1] })),
      'arrays of conv1_1 that are floats in an HDF5 file by Keras, got "<i4"',
    ],
    [
      "text",
      () => one((group) => group.create_dataset({ name: "b", data: ["a"], shape: [1] })),
      "arrays of conv1_1 that are floats",
    ],
    [
      "two kernels",
      () =>
        one((group) => {
          addConvolution(group, "a", "b");
          group.create_dataset({ name: "c", data: new Float32Array(1), shape: [1, 1, 1, 1] });
        }),
      "Expected one kernel for conv1_1 in an HDF5 file by Keras, got two",
    ],
    [
      "a shape larger than the file",
      () => withSide(2n ** 31n),
      "Expected arrays that fit into it in an HDF5 file by Keras",
    ],
    ["a tree without end", withEndlessTree, "groups and arrays that can be found"],
    [
      "nothing but a signature",
      async () => Uint8Array.from(Buffer.from("\x89HDF\r\n\x1a\n", "latin1")),
      "groups and arrays",
    ],
  ])("refuses %s, and reserves no memory that it claims", async (_, make, sentence) => {
    const file = await make();
    const before = process.memoryUsage().arrayBuffers;
    const failure = await readKerasHdf5(file).catch((error: unknown) => error);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(failure).toBeInstanceOf(RangeError);
    expect(String(failure)).toContain(sentence);
  });

  it("refuses a file cut off anywhere", async () => {
    const file = await hdf5File(published);
    for (let length = 0; length < file.length; length += 997)
      await expect(readKerasHdf5(file.subarray(0, length))).rejects.toThrow(RangeError);
  });

  it.each(formats)(
    "reads or refuses a file with any byte changed, in formats from %s to %s",
    async (...libver) => {
      const file = await hdf5File(
        (root) => addConvolution(root.create_group("conv1_1"), "kernel:0", "bias:0"),
        libver,
      );
      for (let place = 8; place < file.length; place += 3) {
        const changed = Uint8Array.from(file);
        changed[place] = 255 - (changed[place] ?? 0);
        const result = await readKerasHdf5(changed).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(RangeError);
      }
    },
  );
});
