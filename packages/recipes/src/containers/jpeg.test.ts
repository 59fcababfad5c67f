import { describe, expect, it } from "vitest";
import { jpeg } from "./jpeg.js";
import { jpegFile, jpegWithExif, jpegWithXmp } from "./sample-files.fixture.js";

const file = Buffer.from(jpegFile, "base64");
const start = file.subarray(0, 2);
const rest = file.subarray(2);
const jfif = Buffer.from("\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", "latin1");
const exif = Buffer.from(jpegWithExif, "base64").subarray(2, 210);
const xmpHeader = "http://ns.adobe.com/xap/1.0/\0";

function segment(marker: number, data: string): Buffer {
  const bytes = Buffer.from(`\xff\0\0\0${data}`, "latin1");
  bytes[1] = marker;
  bytes.writeUInt16BE(data.length + 2, 2);
  return bytes;
}

describe("JPEG", () => {
  it("keeps the text in an APP1 segment at the beginning", () => {
    const written = Buffer.from(jpeg.write(file, "{}"));
    const length = written.length - file.length;
    expect(written.subarray(0, 4)).toEqual(Buffer.from([0xff, 0xd8, 0xff, 0xe1]));
    // The length counts its own two bytes, not the marker's.
    expect(written.readUInt16BE(4)).toBe(length - 2);
    expect(written.toString("latin1", 6, 6 + 29)).toBe(xmpHeader);
    expect(written.subarray(2 + length)).toEqual(rest);
  });

  it("puts it after JFIF and Exif, which come first", () => {
    const written = Buffer.from(jpeg.write(Buffer.concat([start, jfif, exif, rest]), "{}"));
    const before = 2 + jfif.length + exif.length;
    expect(written.subarray(0, before)).toEqual(Buffer.concat([start, jfif, exif]));
    expect(written.toString("latin1", before + 4, before + 4 + 29)).toBe(xmpHeader);
    expect(written.subarray(-rest.length)).toEqual(rest);
  });

  it("adds to the XMP that is there, where it is", () => {
    const comment = segment(0xfe, "first");
    const xmp = Buffer.from(jpegWithXmp, "base64").subarray(2, 420);
    const written = Buffer.from(jpeg.write(Buffer.concat([start, comment, xmp, rest]), "{}"));
    expect(written.subarray(0, 2 + comment.length)).toEqual(Buffer.concat([start, comment]));
    expect(written.toString("latin1").split(xmpHeader)).toHaveLength(2);
    expect(written.subarray(-rest.length)).toEqual(rest);
    expect(jpeg.read(written)).toBe("{}");
  });

  it("leaves the rest of a divided packet alone", () => {
    const extension = segment(0xe1, "http://ns.adobe.com/xmp/extension/\0more");
    const written = Buffer.from(jpeg.write(Buffer.concat([start, extension, rest]), "{}"));
    expect(written.subarray(0, 2 + extension.length)).toEqual(Buffer.concat([start, extension]));
    expect(jpeg.read(written)).toBe("{}");
  });

  it("reads the text behind other XMP and markers with fill bytes", () => {
    const written = Buffer.from(jpeg.write(file, "{}"));
    const ours = written.subarray(2, written.length - rest.length);
    const other = Buffer.from(jpegWithXmp, "base64").subarray(2, 420);
    expect(jpeg.read(Buffer.concat([start, other, Buffer.from([0xff, 0xff]), ours, rest]))).toBe("{}");
  });

  it("takes XMP of 65 504 bytes and no more", () => {
    // 0xffff bytes of a segment, less 2 for its length and 29 for the header.
    const empty = jpeg.write(file, "").length - file.length - 4 - 29;
    expect(jpeg.read(jpeg.write(file, "x".repeat(65_504 - empty)))).toHaveLength(65_504 - empty);
    expect(() => jpeg.write(file, "x".repeat(65_505 - empty))).toThrow(
      new RangeError(
        "Expected the recipe and the file's other XMP to take at most 65504 bytes in a JPEG, got 65505. Save as PNG, WebP or TIFF.",
      ),
    );
  });

  it("does not look into the scans", () => {
    const ours = Buffer.from(jpeg.write(file, "{}")).subarray(2, -rest.length);
    expect(jpeg.read(Buffer.concat([file, ours]))).toBeUndefined();
  });

  it("refuses impossible lengths", () => {
    expect(() => jpeg.read(Buffer.concat([start, Buffer.from([0xff, 0xe0, 0, 1]), rest]))).toThrow(
      "Expected a segment of at least 2 bytes at byte 2 of the JPEG file, got 1: it is damaged.",
    );
    expect(() => jpeg.read(Buffer.concat([start, Buffer.from([0xff, 0xe0, 0xff, 0xff])]))).toThrow(
      "Expected the JPEG file to go on to byte 65539, got 6 bytes: it is cut off or damaged.",
    );
    expect(() => jpeg.read(Buffer.concat([start, jfif, Buffer.from("no")]))).toThrow(
      "Expected a marker at byte 20 of the JPEG file, got none: it is damaged.",
    );
  });
});
