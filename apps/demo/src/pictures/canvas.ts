import type { Picture } from "@brushwork/core";

/** Draws a picture on a canvas, which gets the picture's size. */
export function drawPicture(canvas: HTMLCanvasElement, picture: Picture): void {
  const { width, height } = picture;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.putImageData(imageData(picture), 0, 0);
}

function imageData({ width, height, data }: Picture): ImageData {
  // ImageData takes no shared memory, so that is copied.
  const pixels =
    data.buffer instanceof ArrayBuffer
      ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
      : Uint8ClampedArray.from(data);
  return new ImageData(pixels, width, height);
}
