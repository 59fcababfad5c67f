import { describe, expect, it } from "vitest";
import { png } from "./png.js";
import { pngFile } from "./sample-files.fixture.js";

const file = Buffer.from(pngFile, "base64");
const afterHeader = 33;

/** The chunk for the text {"a":1}; its checksum comes from zlib. */
const chunk = Buffer.from('\0\0\0\x1ciTXtbrushwork:recipe\0\0\0\0\0{"a":1}\x10\x14\xd1\x19', "latin1");

function withChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([file.subarray(0, afterHeader), bytes, file.subarray(afterHeader)]);
}

describe("PNG", () => {
  it("keeps the text in an iTXt chunk after the header", () => {
    expect(Buffer.from(png.write(file, '{"a":1}'))).toEqual(withChunk(chunk));
  });

  it("reads a text with a language and a translated keyword", () => {
    // Checksum from zlib.
    const translated = Buffer.from(
      "\0\0\0\x1fiTXtbrushwork:recipe\0\0\0de\0Rezept\0\xc3\x9c\0\0\0\0",
      "latin1",
    );
    translated.writeUInt32BE(0xf2cfc7f0, translated.length - 4);
    expect(png.read(withChunk(translated))).toBe("Ü");
  });

  it("replaces the text wherever it stands, however often", () => {
    const twice = Buffer.concat([withChunk(chunk).subarray(0, -12), chunk, file.subarray(-12)]);
    expect(Buffer.from(png.write(twice, '{"a":1}'))).toEqual(withChunk(chunk));
  });

  it("leaves other texts, and what follows the end, alone", () => {
    const other = Buffer.from("\0\0\0\x05tEXtA\0b c\xf0\xf1\xf2\xf3", "latin1");
    const long = Buffer.concat([withChunk(other), Buffer.from("more")]);
    const written = Buffer.from(png.write(long, '{"a":1}'));
    expect(written).toEqual(
      Buffer.concat([
        file.subarray(0, afterHeader),
        chunk,
        other,
        file.subarray(afterHeader),
        Buffer.from("more"),
      ]),
    );
    expect(png.read(written)).toBe('{"a":1}');
  });

  it("recognises a damaged text by its checksum", () => {
    const damaged = Buffer.from(chunk);
    damaged.write("2", chunk.indexOf("1}"));
    expect(() => png.read(withChunk(damaged))).toThrow(
      "Expected the checksum of the PNG's recipe to match, got another: the file is damaged.",
    );
  });

  it("refuses a compressed text", () => {
    const compressed = Buffer.from(chunk);
    compressed[25] = 1;
    compressed.writeUInt32BE(0xd19a0ed9, compressed.length - 4);
    expect(() => png.read(withChunk(compressed))).toThrow(
      "Expected the PNG's recipe to be uncompressed, got a compressed one.",
    );
  });

  it("does not trust a length", () => {
    const absurd = Buffer.from(chunk);
    absurd.writeUInt32BE(0xffffffff);
    // 33 bytes before, 12 bytes of the chunk's own, and 2³² − 1.
    expect(() => png.read(withChunk(absurd))).toThrow(
      "Expected the PNG file to go on to byte 4294967340, got 167 bytes: it is cut off or damaged.",
    );
  });
});
