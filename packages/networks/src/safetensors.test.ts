import { describe, expect, it } from "vitest";
import { safetensorsFile } from "./safetensors.fixture.js";
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from "./safetensors.js";

const one = { dtype: "F32", shape: [1], data_offsets: [0, 4] };

/** The float16 that a number is written as. */
function halfOf(value: number): string {
  const file = writeSafetensors({ x: { shape: [1], data: Float32Array.of(value) } }, { half: true });
  const [low = 0, high = 0] = file.subarray(-2);
  return (high * 256 + low).toString(16).padStart(4, "0");
}

/** The numbers that bits of a type are read as. */
function valuesOf(dtype: string, bits: readonly number[]): number[] {
  const data = bits.flatMap((value) => [value & 255, value >> 8]);
  const file = safetensorsFile({ x: { dtype, shape: [bits.length], data_offsets: [0, data.length] } }, data);
  return Array.from(readSafetensors(file).x!.data);
}

describe("readSafetensors", () => {
  it("reads arrays by name, wherever they lie", () => {
    const file = safetensorsFile(
      {
        second: { dtype: "F32", shape: [1, 1], data_offsets: [8, 12] },
        first: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
        none: { dtype: "F32", shape: [0, 3], data_offsets: [8, 8] },
      },
      // 1, −2 and 0.5 in float32, little-endian.
      [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f],
    );
    expect(readSafetensors(file)).toEqual({
      second: { shape: [1, 1], data: Float32Array.of(0.5) },
      first: { shape: [2], data: Float32Array.of(1, -2) },
      none: { shape: [0, 3], data: Float32Array.of() },
    });
  });

  it("reads what Node reads from a disk, and parts of larger buffers", () => {
    const file = writeSafetensors({ x: { shape: [2], data: Float32Array.of(3, 4) } });
    for (const offset of [0, 1, 2, 3]) {
      const within = Buffer.concat([Buffer.alloc(offset, 0xff), file, Buffer.alloc(9, 0xff)]);
      const { x } = readSafetensors(within.subarray(offset, offset + file.length));
      within.fill(0);
      expect(x?.data).toEqual(Float32Array.of(3, 4));
    }
  });

  it("widens float16: zeros, subnormals, ordinary numbers, the largest, infinities", () => {
    expect(valuesOf("F16", [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400])).toEqual([
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
    ]);
    expect(valuesOf("F16", [0x3c00, 0xc000, 0x3555, 0x7bff])).toEqual([1, -2, 0.333251953125, 65504]);
    expect(valuesOf("F16", [0x7c00, 0xfc00, 0x7e00])).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it("widens bfloat16", () => {
    expect(valuesOf("BF16", [0x3f80, 0xc040, 0x7f80])).toEqual([1, -3, Number.POSITIVE_INFINITY]);
  });

  it("leaves out arrays that are not wanted, of whatever type", () => {
    const file = safetensorsFile(
      { count: { dtype: "I64", shape: [1], data_offsets: [0, 8] }, x: { ...one, data_offsets: [8, 12] } },
      Array(12).fill(0),
    );
    expect(Object.keys(readSafetensors(file, { wanted: (name) => name === "x" }))).toEqual(["x"]);
  });

  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const twice = JSON.stringify({ x: one, y: one }).replace('"y"', '"x"');

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "Expected at least 8 bytes in a safetensors file, got 0: "],
    [
      "a header of 2^53 bytes",
      safetensorsFile({}, [], 2n ** 53n),
      "one of 9007199254740992 bytes in a file of 10",
    ],
    [
      "a header of 2^64 − 1 bytes",
      safetensorsFile({}, [], 2n ** 64n - 1n),
      "one of 18446744073709551615 bytes",
    ],
    ["a header cut off", safetensorsFile({ x: one }).subarray(0, 40), "a header within the file"],
    ["a header of 2 MiB", safetensorsFile(" ".repeat(2 ** 21)), "at most 1048576 bytes long, got 2097152."],
    [
      "a header that is no JSON",
      safetensorsFile('{"x":'),
      "Expected the header of a safetensors file to be JSON",
    ],
    ["a header that is no UTF-8", safetensorsFile("{}", [0xff], 3n), "to be JSON, got something else."],
    ["a header that is a list", safetensorsFile("[1]"), "to be a JSON object, got [1]."],
    ["a deep header", safetensorsFile(deep(500_000)), "to be a JSON object, got a list of 1."],
    ["a deep description", safetensorsFile(`{"x":${deep(400_000)}}`), '"x" to be described by an object'],
    [
      "a deep shape",
      safetensorsFile(`{"x":{"dtype":"F32","shape":${deep(400_000)},"data_offsets":[0,0]}}`),
      "a list of 1",
    ],
    [
      "a deep type",
      safetensorsFile(`{"x":{"dtype":${deep(400_000)},"shape":[0],"data_offsets":[0,0]}}`),
      "a list of 1",
    ],
    [
      "an array described by null",
      safetensorsFile('{"x":null}'),
      '"x" to be described by an object in a safetensors file, got null',
    ],
    [
      "an array twice",
      safetensorsFile(twice, [0, 0, 0, 0]),
      "to have each name once, got 2 members with 1 names.",
    ],
    [
      "a type of its own",
      safetensorsFile({ x: { ...one, dtype: "F64" } }, [0, 0, 0, 0]),
      '"x" to be of F32, F16, BF16 in a safetensors file, got "F64"',
    ],
    [
      "a type by an object's method",
      safetensorsFile({ x: { ...one, dtype: "toString" } }, [0, 0, 0, 0]),
      '"x" to ',
    ],
    [
      "a negative side",
      safetensorsFile({ x: { ...one, shape: [-1, -1] } }, [0, 0, 0, 0]),
      "a shape of whole numbers in a safetensors file, got [-1, -1]",
    ],
    ["a fractional side", safetensorsFile({ x: { ...one, shape: [0.5, 2] } }, [0, 0, 0, 0]), "got [0.5, 2]"],
    [
      "a shape that does not multiply out",
      safetensorsFile({ x: { ...one, shape: [2] } }, [0, 0, 0, 0]),
      '"x" to fill its shape [2] of F32 in a safetensors file, got 4 bytes',
    ],
    [
      "a shape that overflows",
      safetensorsFile({ x: { ...one, shape: Array(40).fill(2 ** 52) } }, [0, 0, 0, 0]),
      "to fill its shape a list of 40",
    ],
    [
      "a shape that wraps round 2^64",
      safetensorsFile({ x: { ...one, shape: [2 ** 32, 2 ** 32, 1] } }, [0, 0, 0, 0]),
      "to fill its shape",
    ],
    [
      "offsets past the end",
      safetensorsFile({ x: { ...one, data_offsets: [0, 8] } }, [0, 0, 0, 0]),
      '"x" to lie within the file\'s 4 bytes of data in a safetensors file, got [0, 8]',
    ],
    [
      "offsets of 2^53",
      safetensorsFile({ x: { ...one, shape: [2 ** 51], data_offsets: [0, 2 ** 53] } }, [0, 0, 0, 0]),
      "to lie within",
    ],
    [
      "offsets the wrong way round",
      safetensorsFile({ x: { ...one, data_offsets: [4, 0] } }, [0, 0, 0, 0]),
      "to lie within",
    ],
    ["one offset", safetensorsFile({ x: { ...one, data_offsets: [0] } }, [0, 0, 0, 0]), "to lie within"],
    [
      "arrays that overlap",
      safetensorsFile({ x: one, y: { ...one, data_offsets: [2, 6] } }, [0, 0, 0, 0, 0, 0]),
      '"y" to begin where the array before it ends, at 4 in a safetensors file, got 2',
    ],
    [
      "a hole between arrays",
      safetensorsFile({ x: one, y: { ...one, data_offsets: [8, 12] } }, Array(12).fill(0)),
      '"y" to begin where the array before it ends, at 4 in a safetensors file, got 8',
    ],
    [
      "data that no array has",
      safetensorsFile({ x: one }, [0, 0, 0, 0, 9]),
      "arrays that fill it in a safetensors file, got 1 bytes more",
    ],
    [
      "a name of a megabyte",
      safetensorsFile({ ["x".repeat(2 ** 19)]: null }),
      `"${"x".repeat(60)}…" to be described`,
    ],
  ])("refuses %s, and reserves no memory that it claims", (_, file, sentence) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readSafetensors(file)).toThrow(RangeError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(() => readSafetensors(file)).toThrow(sentence);
  });
});

describe("writeSafetensors", () => {
  it("is read back bit for bit, including names and metadata beyond ASCII", () => {
    const arrays = {
      "conv1_1/kernel": { shape: [1, 1, 3, 1], data: Float32Array.of(1e-45, -3.4028234663852886e38, 0.1) },
      "naïve 🎨": { shape: [], data: Float32Array.of(-0) },
    };
    const file = writeSafetensors(arrays, { metadata: { licence: "CC BY 4.0 — Gatys" } });
    expect(readSafetensors(file)).toEqual(arrays);
    expect(readSafetensorsMetadata(file)).toEqual({ licence: "CC BY 4.0 — Gatys" });
  });

  it("lays the file out as the format says", () => {
    const file = writeSafetensors({ b: { shape: [1], data: Float32Array.of(1) } });
    const header = '{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(Buffer.from(file).toString("latin1")).toBe(`8\0\0\0\0\0\0\0${header}  \0\0\x80?`);
  });

  it("rounds to float16, ties to even", () => {
    // Between 1 and 1 + 2^-10 lie no others; 2049 and 2051 are ties between multiples of 2.
    expect([0, -0, 1, -2, 65504].map(halfOf)).toEqual(["0000", "8000", "3c00", "c000", "7bff"]);
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2049, 2051].map(halfOf)).toEqual([
      "3c00",
      "3c02",
      "6800",
      "6802",
    ]);
    expect([1 + 2 ** -11 + 2 ** -20, 1 / 3].map(halfOf)).toEqual(["3c01", "3555"]);
  });

  it("rounds into the subnormal float16, up out of them, and to infinity", () => {
    expect([2 ** -24, 2 ** -25, 3 * 2 ** -25, 1023 * 2 ** -24].map(halfOf)).toEqual([
      "0001",
      "0000",
      "0002",
      "03ff",
    ]);
    expect([1023.5 * 2 ** -24, 2 ** -14, 2047.5].map(halfOf)).toEqual(["0400", "0400", "6800"]);
    expect([65519, 65520, 1e9, Number.NEGATIVE_INFINITY, Number.NaN].map(halfOf)).toEqual([
      "7bff",
      "7c00",
      "7c00",
      "fc00",
      "7e00",
    ]);
  });

  it("refuses data that does not fill its shape", () => {
    expect(() => writeSafetensors({ x: { shape: [2], data: Float32Array.of(1) } })).toThrow(
      new RangeError('Expected "x" to fill its shape [2], got 1 numbers.'),
    );
  });
});

describe("readSafetensorsMetadata", () => {
  it("is empty where there is none", () => {
    expect(readSafetensorsMetadata(safetensorsFile({}))).toEqual({});
  });

  it("refuses metadata that is not text", () => {
    expect(() => readSafetensorsMetadata(safetensorsFile({ __metadata__: { a: [[]] } }))).toThrow(
      'the metadata "a" to be text in a safetensors file, got a list of 1',
    );
    expect(() => readSafetensorsMetadata(safetensorsFile({ __metadata__: 3 }))).toThrow(
      "metadata that is an object",
    );
  });
});
