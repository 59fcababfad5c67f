import { describe, expect, it } from "vitest";
import { tiffBigEndian, tiffFile, tiffWithXmp } from "./sample-files.fixture.js";
import { tiff } from "./tiff.js";

const file = Buffer.from(tiffFile, "base64");

/** The smallest file: a directory at byte 8 with these entries. */
function tiffOf(...entries: (readonly [tag: number, type: number, count: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  bytes.write("II*\0\x08", "latin1");
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], i) => {
    bytes.writeUInt16LE(tag, 10 + i * 12);
    bytes.writeUInt16LE(type, 12 + i * 12);
    bytes.writeUInt32LE(count, 14 + i * 12);
    bytes.writeUInt32LE(value, 18 + i * 12);
  });
  return bytes;
}

describe("TIFF", () => {
  it.each([
    ["little-endian", tiffFile, "UInt16LE", "UInt32LE"],
    ["big-endian", tiffBigEndian, "UInt16BE", "UInt32BE"],
  ] as const)("puts a directory with tag 700 and the packet at the end: %s", (_, base64, short, long) => {
    const given = Buffer.from(base64, "base64");
    const written = Buffer.from(tiff.write(given, "{}"));
    // All but the place of the directory stays; 268 bytes are even, so nothing is padded.
    expect(written.subarray(8, 268)).toEqual(given.subarray(8));
    expect(written[`read${long}`](4)).toBe(268);
    // 15 entries were at byte 54; all of their tags are below 700.
    expect(written[`read${short}`](268)).toBe(16);
    const entry = 270 + 15 * 12;
    expect(written.subarray(270, entry)).toEqual(given.subarray(56, 56 + 15 * 12));
    expect(written[`read${short}`](entry)).toBe(700);
    expect(written[`read${short}`](entry + 2)).toBe(1);
    expect(written[`read${long}`](entry + 4)).toBe(written.length - 466);
    expect(written[`read${long}`](entry + 8)).toBe(466);
    expect(written[`read${long}`](entry + 12)).toBe(0);
    expect(written.toString("latin1", 466, 466 + 9)).toBe("<?xpacket");
    expect(tiff.read(written)).toBe("{}");
  });

  it("keeps tags in order, and the next directory", () => {
    const given = tiffOf([256, 3, 1, 5], [33432, 2, 1, 0]);
    given.writeUInt32LE(8, 34); // Its own next: a loop, which we never walk.
    const written = Buffer.from(tiff.write(given, "{}"));
    const at = written.readUInt32LE(4);
    expect([2, 14, 26].map((entry) => written.readUInt16LE(at + entry))).toEqual([256, 700, 33432]);
    expect(written.readUInt32LE(at + 38)).toBe(8);
  });

  it("pads to an even offset", () => {
    const written = Buffer.from(tiff.write(Buffer.concat([file, Buffer.from("x")]), "{}"));
    expect(written.readUInt32LE(4)).toBe(270);
    expect(tiff.read(written)).toBe("{}");
  });

  it("adds to the XMP that is there, without a new directory", () => {
    const given = Buffer.from(tiffWithXmp, "base64");
    const written = Buffer.from(tiff.write(given, "{}"));
    expect(written.readUInt32LE(4)).toBe(54);
    expect(written.toString().match(/Anna Müller/g)).toHaveLength(1);
    expect(tiff.read(written)).toBe("{}");
  });

  it("leaves XMP in the middle of the file where it is, out of use", () => {
    const given = Buffer.concat([Buffer.from(tiffWithXmp, "base64"), Buffer.from("more!")]);
    const written = Buffer.from(tiff.write(given, "{}"));
    expect(written.subarray(280, given.length)).toEqual(given.subarray(280));
    expect(tiff.read(written)).toBe("{}");
  });

  it("refuses impossible offsets and lengths", () => {
    const directory = Buffer.from(file);
    directory.writeUInt32LE(0xfffffff0, 4);
    expect(() => tiff.read(directory)).toThrow(
      "Expected the TIFF file to go on to byte 4294967282, got 268 bytes: it is cut off or damaged.",
    );
    expect(() => tiff.read(tiffOf([700, 1, 0xffffffff, 8]))).toThrow(
      "Expected the TIFF file to go on to byte 4294967303, got 26 bytes: it is cut off or damaged.",
    );
    expect(() => tiff.read(tiffOf([700, 4, 5, 8]))).toThrow(
      "Expected the TIFF file's XMP to be of one of the types 1, 2, 7, got 4: it is damaged.",
    );
  });

  it("reads nothing from XMP that fits its entry", () => {
    expect(tiff.read(tiffOf([700, 1, 4, 0x20202020]))).toBeUndefined();
  });
});
