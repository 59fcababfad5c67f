import type { Picture } from "@brushwork/core";

/** Makes the canvas the picture's size and draws it. */
export function drawPicture(canvas: HTMLCanvasElement, picture: Picture): void {
  const { width, height } = picture;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.putImageData(imageData(picture), 0, 0);
}

function imageData({ width, height, data }: Picture): ImageData {
  // The pixels as they are where they can be, else a copy: ImageData takes no shared memory.
  const pixels =
    data.buffer instanceof ArrayBuffer
      ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
      : Uint8ClampedArray.from(data);
  return new ImageData(pixels, width, height);
}
