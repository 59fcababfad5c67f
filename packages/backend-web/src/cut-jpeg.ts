import { greyRows, hasEveryScan } from "@brushwork/recipes";
import { canvas } from "./canvas.js";

/** Beyond this, a picture's rows are counted in a smaller version of it. */
const mostPixels = 2 ** 24;

/** A JPEG with the marker that ends its image, without which a browser may decode nothing. */
export function withEnd(jpeg: BlobPart): Blob {
  return new Blob([jpeg, Uint8Array.of(0xff, marker.endOfImage)], { type: "image/jpeg" });
}

/**
 * How many rows of a JPEG are missing at its bottom, and how many it has, before it is turned upright.
 *
 * @returns all rows are missing for a progressive JPEG that lacks a whole scan, since all of its rows are coarse
 * @throws {DOMException} when the browser decodes nothing of it
 */
export async function missingRows(
  jpeg: Uint8Array<ArrayBuffer>,
): Promise<{ readonly missing: number; readonly rows: number }> {
  if (!hasEveryScan(jpeg)) return { missing: 1, rows: 1 };
  const bitmap = await createImageBitmap(withEnd(plain(jpeg)));
  try {
    const { width, height: rows } = bitmap;
    const factor = width * rows > mostPixels ? 1 / 8 : 1;
    const size = [Math.ceil(width * factor), Math.ceil(rows * factor)] as const;
    const { context } = canvas(...size);
    context.drawImage(bitmap, 0, 0, ...size);
    const { data } = context.getImageData(0, 0, ...size);
    const grey = greyRows(data, { height: size[1], channels: 4, colours: 3 });
    return { missing: Math.round((grey / size[1]) * rows), rows };
  } finally {
    bitmap.close();
  }
}

const marker = { startOfScan: 0xda, exif: 0xe1, profile: 0xe2, endOfImage: 0xd9 };

/**
 * A JPEG without its metadata and profile, which would turn its rows into columns and its mid-grey into another colour.
 * @see ITU-T T.81, B.1.1
 */
function plain(jpeg: Uint8Array<ArrayBuffer>): Blob {
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at] === 0xff && jpeg[at + 1] !== marker.startOfScan) {
    const kind = jpeg[at + 1] ?? 0;
    // Fill bytes have no length.
    const length = kind === 0xff ? 1 : 2 + (((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0));
    if (kind !== marker.exif && kind !== marker.profile) kept.push(jpeg.subarray(at, at + length));
    at += length;
  }
  return new Blob([...kept, jpeg.subarray(at)]);
}
