import { describe, expect, it } from "vitest";
import {
  webpLossless,
  webpLosslessWithAlpha,
  webpLossy,
  webpLossyWithAlpha,
  webpWithXmp,
} from "./sample-files.fixture.js";
import { webp } from "./webp.js";

const lossy = Buffer.from(webpLossy, "base64");
const lossless = Buffer.from(webpLossless, "base64");

function written(file: Uint8Array): Buffer {
  return Buffer.from(webp.write(file, "{}"));
}

function chunk(type: string, data: string): Buffer {
  const bytes = Buffer.from(`${type}\0\0\0\0${data}`, "latin1");
  bytes.writeUInt32LE(data.length, 4);
  return bytes;
}

/** A file of these chunks. */
function webpOf(...chunks: Uint8Array[]): Buffer {
  const file = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP"), ...chunks]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

describe("WebP", () => {
  const header = (flags: number) => [0x56, 0x50, 0x38, 0x58, 10, 0, 0, 0, flags, 0, 0, 0, 4, 0, 0, 2, 0, 0];

  it.each([
    // 0x04 is XMP, 0x10 alpha; the canvas is 5×3, each less 1.
    ["a lossy file", webpLossy, 12, 0x04],
    ["a lossless file", webpLossless, 12, 0x04],
    ["a lossless file with alpha", webpLosslessWithAlpha, 12, 0x14],
    ["an extended file with alpha", webpLossyWithAlpha, 30, 0x14],
  ])("makes %s one with XMP behind the pixels", (_, base64, pixels, flags) => {
    const file = Buffer.from(base64, "base64");
    const result = written(file);
    expect([...result.subarray(12, 30)]).toEqual(header(flags));
    expect(result.readUInt32LE(4)).toBe(result.length - 8);
    const xmp = 30 + file.length - pixels + (file.length % 2);
    expect(result.subarray(30, 30 + file.length - pixels)).toEqual(file.subarray(pixels));
    expect(result.toString("latin1", xmp, xmp + 4)).toBe("XMP ");
    expect(webp.read(result)).toBe("{}");
  });

  it("reads a size of 14 bits and ignores the scaling beside it", () => {
    const file = Buffer.from(lossy);
    file.writeUInt16LE(0xffff, 26); // 16383 wide, to be shown larger
    expect([...written(file).subarray(24, 30)]).toEqual([0xfe, 0x3f, 0, 2, 0, 0]);
  });

  it("adds to the XMP that is there, where it is, and keeps the other flags", () => {
    const file = Buffer.from(webpWithXmp, "base64");
    const features = Buffer.from(header(0x2c));
    const unknown = chunk("WHAT", "ever");
    const result = written(webpOf(features, file.subarray(30), unknown));
    expect(result.subarray(12, 12 + 18)).toEqual(features);
    expect(result.toString("latin1", 104, 108)).toBe("XMP ");
    expect(result.subarray(-unknown.length)).toEqual(unknown);
    expect(result.toString().match(/Anna Müller/g)).toHaveLength(1);
    expect(webp.read(result)).toBe("{}");
  });

  it("pads a last chunk that is not padded", () => {
    const unpadded = webpOf(lossy.subarray(12), chunk("WHAT", "odd"));
    const result = written(unpadded);
    expect(result.toString("latin1", 104, 112 + 8)).toBe("WHAT\x03\0\0\0odd\0XMP ");
    expect(webp.read(result)).toBe("{}");
  });

  it("leaves what follows the file alone", () => {
    const result = written(Buffer.concat([lossless, Buffer.from("more")]));
    expect(result.subarray(-4).toString()).toBe("more");
    expect(result.readUInt32LE(4)).toBe(result.length - 8 - 4);
  });

  it("refuses impossible lengths", () => {
    const file = Buffer.from(lossy);
    file.writeUInt32LE(0xffffffff, 4);
    expect(() => webp.read(file)).toThrow(
      "Expected the WebP file to go on to byte 4294967303, got 86 bytes: it is cut off or damaged.",
    );
    file.writeUInt32LE(78, 4);
    file.writeUInt32LE(0xffffffff, 16);
    expect(() => webp.read(file)).toThrow(
      "Expected the WebP file to go on to byte 4294967315, got 86 bytes: it is cut off or damaged.",
    );
  });

  it("refuses to extend a file that does not begin with a picture", () => {
    const message = "Expected a picture at the beginning of the WebP file, got none: it is damaged.";
    expect(() => written(webpOf(chunk("WHAT", "ever")))).toThrow(message);
    expect(() => written(webpOf(chunk("VP8 ", "not a key frame")))).toThrow(message);
    expect(() => written(webpOf())).toThrow("Expected pixels in the WebP file, got none: it is damaged.");
    const empty = Buffer.from(lossy);
    empty.writeUInt16LE(0, 26);
    expect(() => written(empty)).toThrow(
      "Expected a WebP file with pixels, got a size of 0×3: it is damaged.",
    );
  });
});
