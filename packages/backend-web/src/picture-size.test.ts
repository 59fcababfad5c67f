import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { kindOf } from "./picture-kind.js";
import { claimedSize } from "./picture-size.js";

const flat = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 300, height: 70, channels, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } });

async function claimed(bytes: Buffer) {
  return claimedSize(bytes, await kindOf(new Blob([new Uint8Array(bytes)])));
}

describe("claimedSize", () => {
  it.each([
    ["PNG", () => flat().png()],
    ["GIF", () => flat().gif()],
    ["JPEG", () => flat().jpeg()],
    ["JPEG, progressive, with EXIF", () => flat().jpeg({ progressive: true }).withMetadata()],
    ["WebP", () => flat().webp()],
    ["WebP without loss", () => flat().webp({ lossless: true })],
    ["WebP with alpha", () => flat(4).webp()],
    ["AVIF", () => flat().avif()],
    ["AVIF with alpha", () => flat(4).avif()],
  ])("reads a %s", async (_, picture) => {
    expect(await claimed(await picture().toBuffer())).toEqual({ width: 300, height: 70 });
  });

  it("reads a JPEG behind any number of segments, and fill bytes", async () => {
    const jpeg = await flat().jpeg().toBuffer();
    const segment = Buffer.concat([Buffer.of(0xff, 0xe5, 0xff, 0xff), Buffer.alloc(0xfffd)]);
    const behind = Array.from({ length: 9 }, () => segment);
    const long = Buffer.concat([jpeg.subarray(0, 2), ...behind, Buffer.of(0xff, 0xff), jpeg.subarray(2)]);
    expect(await claimed(long)).toEqual({ width: 300, height: 70 });
  });

  it("takes the largest of an AVIF's sizes", async () => {
    const box = (type: string, ...inner: Buffer[]) => {
      const content = Buffer.concat([Buffer.from(type, "latin1"), ...inner]);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(4 + content.length);
      return Buffer.concat([length, content]);
    };
    const ispe = (width: number, height: number) => {
      const content = Buffer.alloc(12);
      content.writeUInt32BE(width, 4);
      content.writeUInt32BE(height, 8);
      return box("ispe", content);
    };
    const sizes = box("iprp", box("ipco", ispe(64, 64), ispe(60_000, 50_000), ispe(512, 512)));
    const avif = Buffer.concat([
      box("ftyp", Buffer.from("avif\0\0\0\0", "latin1")),
      box("meta", Buffer.alloc(4), sizes),
    ]);
    expect(await claimed(avif)).toEqual({ width: 60_000, height: 50_000 });
  });

  it("knows none where a file ends early, or is of another kind", async () => {
    const png = await flat().png().toBuffer();
    expect(await claimed(png.subarray(0, 20))).toBeUndefined();
    expect(await claimed(Buffer.from("\xff\xd8\xff\xe0\0\x02", "latin1"))).toBeUndefined();
    expect(await claimed(await flat().tiff().toBuffer())).toBeUndefined();
  });
});
