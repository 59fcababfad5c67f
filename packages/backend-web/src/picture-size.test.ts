import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { kindOf } from "./picture-kind.js";
import { claimedSize } from "./picture-size.js";

const flat = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 300, height: 70, channels, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } });

async function claimed(bytes: Buffer) {
  const file = new Blob([new Uint8Array(bytes)]);
  return claimedSize(file, await kindOf(file));
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
  ])("reads a %s", async (_, picture) => {
    expect(await claimed(await picture().toBuffer())).toEqual({ width: 300, height: 70 });
  });

  it("knows none where a file ends early, or is of another kind", async () => {
    const png = await flat().png().toBuffer();
    expect(await claimed(png.subarray(0, 20))).toBeUndefined();
    expect(await claimed(Buffer.from("\xff\xd8\xff\xe0\0\x02", "latin1"))).toBeUndefined();
    expect(await claimed(await flat().tiff().toBuffer())).toBeUndefined();
  });
});
