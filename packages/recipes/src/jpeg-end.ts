const marker = { endOfImage: 0xd9, restart: 0xd0 };

/**
 * Whether a JPEG has the marker that ends its image. One that lacks it is cut off, and a decoder makes up what is missing.
 *
 * @param jpeg the whole file; what follows the image does not count, nor does a smaller picture in its metadata
 * @see ITU-T T.81, B.1.1
 */
export function hasJpegEnd(jpeg: Uint8Array): boolean {
  // Between segments, 0xff begins a marker; in the data of a scan, also a stuffed byte.
  for (let at = jpeg.indexOf(0xff, 2); at >= 0 && at + 1 < jpeg.length; at = jpeg.indexOf(0xff, at)) {
    const kind = jpeg[at + 1] ?? 0;
    if (kind === marker.endOfImage) return true;
    if (kind === 0xff) at += 1;
    else if (kind <= 0x01 || (kind >= marker.restart && kind < marker.endOfImage)) at += 2;
    else at += 2 + (((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0));
  }
  return false;
}
