import type { Picture } from "@brushwork/core";

/** Draws a picture on a canvas, which gets the picture's size. */
export function drawPicture(canvas: HTMLCanvasElement, picture: Picture): void {
  sized(canvas, picture);
  canvas.getContext("2d")?.putImageData(imageData(picture), 0, 0);
}

/** Gives a canvas a size; one that has it keeps what is drawn on it. */
export function sized(canvas: HTMLCanvasElement, { width, height }: Pick<Picture, "width" | "height">): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** A picture in another size, stretched if that has another shape; black where it is transparent. */
export function stretched(picture: Picture, size: Pick<Picture, "width" | "height">): Picture {
  const [whole, canvas] = [document.createElement("canvas"), document.createElement("canvas")];
  drawPicture(whole, picture);
  sized(canvas, size);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("The browser has no room for another picture. Close other pages.");
  context.fillRect(0, 0, size.width, size.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, 0, 0, size.width, size.height);
  return context.getImageData(0, 0, size.width, size.height);
}

function imageData({ width, height, data }: Picture): ImageData {
  // ImageData takes no shared memory, so that is copied.
  const pixels =
    data.buffer instanceof ArrayBuffer
      ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
      : Uint8ClampedArray.from(data);
  return new ImageData(pixels, width, height);
}
