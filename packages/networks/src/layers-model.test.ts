import { describe, expect, it } from "vitest";
import { readLayersModel, shardPaths } from "./layers-model.js";

/** A model.json. */
function model(...groups: readonly unknown[]): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      format: "layers-model",
      modelTopology: { class_name: "Model" },
      weightsManifest: groups,
    }),
  );
}

/** A reader that gives files by name, and records which were requested. */
function folder(files: Readonly<Record<string, ArrayBufferView>>) {
  const asked: string[] = [];
  const shard = async (path: string) => {
    asked.push(path);
    const { buffer, byteOffset, byteLength } = files[path]!;
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return { asked, shard };
}

const bias = { name: "block1_conv1/bias", shape: [3], dtype: "float32" };

describe("readLayersModel", () => {
  it("reads weights that lie across shards", async () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    const { asked, shard } = folder({
      "group1-shard1of3.bin": bytes.subarray(0, 5),
      "group1-shard2of3.bin": bytes.subarray(5, 6),
      "deeper/group1-shard3of3.bin": bytes.subarray(6),
    });
    const kernel = { name: "block1_conv1/kernel", shape: [1, 1, 1, 1], dtype: "float32" };
    const paths = ["group1-shard1of3.bin", "group1-shard2of3.bin", "deeper/group1-shard3of3.bin"];
    expect(await readLayersModel(model({ paths, weights: [kernel, bias] }), shard)).toEqual({
      "block1_conv1/kernel": { shape: [1, 1, 1, 1], data: Float32Array.of(1) },
      "block1_conv1/bias": { shape: [3], data: Float32Array.of(2, 3, 4) },
    });
    expect(asked).toEqual(paths);
  });

  it("reads uint8, uint16 and float16 quantisation, next to one another", async () => {
    const of = (name: string, quantization: object) => ({ ...bias, name: `${name}/bias`, quantization });
    const weights = [
      of("conv1_1", { dtype: "uint8", scale: 0.5, min: -1, original_dtype: "float32" }),
      of("conv1_2", { dtype: "uint16", scale: 2, min: 3, original_dtype: "float32" }),
      of("conv2_1", { dtype: "float16", original_dtype: "float32" }),
      { ...bias, name: "conv2_2/bias" },
    ];
    const { shard } = folder({
      a: Buffer.concat([
        Uint8Array.of(0, 2, 255),
        new Uint8Array(Uint16Array.of(0, 1, 65535).buffer),
        new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001).buffer),
        new Uint8Array(Float32Array.of(7, 8, 9).buffer),
      ]),
    });
    const arrays = await readLayersModel(model({ paths: ["a"], weights }), shard);
    expect(arrays["conv1_1/bias"]?.data).toEqual(Float32Array.of(-1, 0, 126.5));
    expect(arrays["conv1_2/bias"]?.data).toEqual(Float32Array.of(3, 5, 131073));
    expect(arrays["conv2_1/bias"]?.data).toEqual(Float32Array.of(1, -2, 2 ** -24));
    expect(arrays["conv2_2/bias"]?.data).toEqual(Float32Array.of(7, 8, 9));
  });

  it("fetches no group without convolutions, and leaves other arrays out", async () => {
    const { asked, shard } = folder({ a: Float32Array.of(1, 2, 3), b: Int32Array.of(9, 0, 0, 0) });
    const arrays = await readLayersModel(
      model(
        { paths: ["huge"], weights: [{ name: "fc1/kernel", shape: [25088, 4096], dtype: "float32" }] },
        { paths: ["a"], weights: [bias] },
        {
          paths: ["b"],
          weights: [
            { name: "steps", shape: [], dtype: "int32" },
            { ...bias, name: "block1_conv2/bias" },
          ],
        },
      ),
      shard,
    );
    expect(asked).toEqual(["a", "b"]);
    expect(Object.keys(arrays)).toEqual(["block1_conv1/bias", "block1_conv2/bias"]);
  });

  it("passes on what the reader of shards throws", async () => {
    const aborted = Object.assign(new Error("aborted"), { name: "AbortError" });
    const failing = readLayersModel(model({ paths: ["a"], weights: [bias] }), () => Promise.reject(aborted));
    await expect(failing).rejects.toBe(aborted);
  });

  it.each([
    "../a",
    "a/../../b",
    "..",
    ".",
    "./a",
    "/etc/passwd",
    "//host/a",
    "a//b",
    "a/",
    "",
    "..\\a",
    "C:a",
    "https://host/a",
    "%2e%2e/a",
    ".\t./a",
    ".. /a",
    "a?b",
    "a#b",
    "a\0b",
    7,
    null,
    ["a"],
  ])("refuses the path %j before it fetches anything", async (path) => {
    const { asked, shard } = folder({});
    const file = model({ paths: ["a", path], weights: [bias] });
    await expect(readLayersModel(file, shard)).rejects.toThrow(
      /^Expected paths of shards to stay within the model's folder in a TensorFlow\.js model, got /,
    );
    expect(asked).toEqual([]);
  });

  const deep = "[".repeat(400_000) + "]".repeat(400_000);

  it.each<[string, Uint8Array, string]>([
    ["text that is no JSON", Buffer.from("{"), "Expected a TensorFlow.js model.json to be JSON"],
    [
      "no manifest",
      Buffer.from('{"a":1}'),
      "a weightsManifest that is a list in a TensorFlow.js model, got nothing",
    ],
    ["a deep manifest", Buffer.from(`{"weightsManifest":${deep}}`), "groups of paths and weights"],
    [
      "a deep shape",
      Buffer.from(`{"weightsManifest":[{"paths":[],"weights":[{"name":"conv1_1/bias","shape":${deep}}]}]}`),
      "names and shapes",
    ],
    ["a group without paths", model({ weights: [] }), "groups of paths and weights"],
    [
      "a weight without a name",
      model({ paths: ["a"], weights: [{ ...bias, name: 1 }] }),
      "weights with names and shapes",
    ],
    [
      "a shape that is none",
      model({ paths: ["a"], weights: [{ ...bias, shape: [-3] }] }),
      "weights with names and shapes",
    ],
    [
      "text for weights",
      model({ paths: ["a"], weights: [{ ...bias, dtype: "string" }] }),
      '"block1_conv1/bias" to be of float32, float16, uint16, uint8, int32, bool in a TensorFlow.js model, got "string"',
    ],
    [
      "a type that no one knows",
      model({ paths: ["a"], weights: [{ ...bias, quantization: { dtype: "uint4", scale: 1, min: 0 } }] }),
      'got "uint4"',
    ],
    [
      "a scale that is no number",
      model({ paths: ["a"], weights: [{ ...bias, quantization: { dtype: "uint8", scale: "1", min: 0 } }] }),
      "to have a finite scale and min",
    ],
    [
      "an endless shape",
      model({ paths: ["a"], weights: [{ ...bias, shape: [2 ** 50] }] }),
      "the shards to hold 4503599627370496 bytes in a TensorFlow.js model, got 12",
    ],
    [
      "too few bytes",
      model({ paths: ["a"], weights: [{ ...bias, shape: [4] }] }),
      "the shards to hold 16 bytes in a TensorFlow.js model, got 12",
    ],
    [
      "too many bytes",
      model({ paths: ["a", "a", "a"], weights: [{ ...bias, shape: [5] }] }),
      "the shards to hold 20 bytes in a TensorFlow.js model, got 24 or more",
    ],
    [
      "no shards",
      model({ paths: [], weights: [bias] }),
      "the shards to hold 12 bytes in a TensorFlow.js model, got 0",
    ],
  ])("refuses %s, and reserves no memory that it claims", async (_, file, sentence) => {
    const { shard } = folder({ a: Float32Array.of(1, 2, 3) });
    const before = process.memoryUsage().arrayBuffers;
    const failure = await readLayersModel(file, shard).catch((error: unknown) => error);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(failure).toBeInstanceOf(RangeError);
    expect(String(failure)).toContain(sentence);
  });
});

describe("shardPaths", () => {
  it("lists the shards of all groups", () => {
    const groups = [
      { paths: ["a.bin", "deeper/b.bin"], weights: [bias] },
      { paths: ["c.bin"], weights: [] },
    ];
    expect(shardPaths(model(...groups))).toEqual(["a.bin", "deeper/b.bin", "c.bin"]);
  });

  it.each(["not JSON", "{}", '{"weightsManifest":[{"paths":["../a.bin"],"weights":[]}]}'])(
    "lists none of %s",
    (text) => {
      expect(shardPaths(Buffer.from(text))).toEqual([]);
    },
  );
});
