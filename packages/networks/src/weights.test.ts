import { describe, expect, it } from "vitest";
import { sampleWeights } from "./chain.fixture.js";
import { addConvolution, hdf5File } from "./keras-hdf5.fixture.js";
import { safetensorsFile } from "./safetensors.fixture.js";
import { writeSafetensors } from "./safetensors.js";
import { readWeights } from "./weights.js";

const weights = sampleWeights([[2]]);

const text = (content: string) => Uint8Array.from(Buffer.from(content, "latin1"));

describe("readWeights", () => {
  it("knows safetensors, and leaves out everything but convolutions", async () => {
    const file = writeSafetensors({
      ...weights,
      "classifier.0.weight": { shape: [1], data: Float32Array.of(1) },
    });
    expect(await readWeights(file)).toEqual(weights);
  });

  it("knows safetensors whose header's length is what a pickle begins with", async () => {
    const padding = (length: number) => ({ metadata: { padding: "x".repeat(length) } });
    const lengthOf = (file: Uint8Array) => Buffer.from(file).readUInt32LE();
    const short = lengthOf(writeSafetensors(weights, padding(0)));
    const file = writeSafetensors(weights, padding(0x0280 - short));
    expect([...file.subarray(0, 8)]).toEqual([0x80, 2, 0, 0, 0, 0, 0, 0]);
    expect(await readWeights(file)).toEqual(weights);
  });

  it("knows HDF5", async () => {
    const file = await hdf5File((root) => addConvolution(root.create_group("block1_conv1"), "a", "b"));
    expect(Object.keys(await readWeights(file))).toEqual(["block1_conv1/kernel", "block1_conv1/bias"]);
  });

  it("knows a TensorFlow.js model, indented or not", async () => {
    const manifest = [{ paths: ["a"], weights: [{ name: "conv1_1/bias", shape: [1], dtype: "float32" }] }];
    const shard = async () => new Uint8Array(Float32Array.of(5).buffer);
    for (const file of [
      text(JSON.stringify({ weightsManifest: manifest })),
      text(`\n${JSON.stringify({ format: "layers-model", weightsManifest: manifest }, undefined, 2)}\n`),
    ])
      expect((await readWeights(file, { shard }))["conv1_1/bias"]?.data).toEqual(Float32Array.of(5));
    await expect(readWeights(text('{"weightsManifest":[]}'))).rejects.toThrow(
      new TypeError(
        "Expected a way to read the shards of a TensorFlow.js model, got none: give readWeights its option shard.",
      ),
    );
  });

  it.each([
    ["an archive", text("PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0vgg19/data.pklFB\x10\0ZZZZ")],
    ["an old pickle", Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a)],
    ["a pickle of today", Uint8Array.of(0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0)],
  ])("refuses %s of PyTorch's, and says how to convert it", async (_, file) => {
    const failure = await readWeights(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RangeError);
    expect(String(failure)).toContain("got a pickle of PyTorch's, which can run code when it is read.");
    expect(String(failure).split("\n").slice(1)).toEqual([
      "import torch; from safetensors.torch import save_file",
      'save_file(torch.load("vgg19.pth", weights_only=True), "vgg19.safetensors")',
    ]);
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), 'got one that begins with "".'],
    ["a web page", text("<!DOCTYPE html><html>"), 'got one that begins with "<!DOCTYPE html><".'],
    [
      "another archive",
      text("PK\x03\x04\0\0\0\0\0\0\0\0\0\0config.json"),
      "Expected a weight file of safetensors, HDF5 by Keras, or",
    ],
    [
      "safetensors of another network",
      safetensorsFile({ "bert.weight": { dtype: "F32", shape: [0], data_offsets: [0, 0] } }),
      "Expected a weight file with arrays such as conv1_1/kernel, block1_conv1/kernel or features.0.weight, got none",
    ],
    [
      "a safetensors header of 2^53 bytes",
      safetensorsFile({}, [], 2n ** 53n),
      "a header within the file in a safetensors file",
    ],
    [
      "a model.json whose shard climbs out",
      text(
        '{"weightsManifest":[{"paths":["../../a"],"weights":[{"name":"conv1_1/bias","shape":[0],"dtype":"float32"}]}]}',
      ),
      'got "../../a"',
    ],
  ])("refuses %s", async (_, file, sentence) => {
    const failure = await readWeights(file, { shard: async () => new Uint8Array() }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RangeError);
    expect(String(failure)).toContain(sentence);
  });

  it("refuses anything but a Uint8Array", async () => {
    await expect(readWeights(new ArrayBuffer(8) as unknown as Uint8Array)).rejects.toThrow(TypeError);
  });
});
