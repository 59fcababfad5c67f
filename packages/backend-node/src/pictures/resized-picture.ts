import { checkPicture, type Picture } from "@brushwork/core";
import sharp, { type Sharp } from "sharp";

/** A picture enlarged or reduced to a size. */
export async function resizedPicture(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  return pictureOf(imageOf(picture).resize(width, height, { fit: "fill" }));
}

/**
 * The largest part of a picture with an even width and height, which most video encoders need: without its last column
 * or row, where it has an odd number of them.
 */
export async function evenPicture(picture: Picture): Promise<Picture> {
  const [width, height] = [evenSide(picture.width), evenSide(picture.height)];
  if (picture.width === width && picture.height === height) return picture;
  return pictureOf(imageOf(picture).extract({ left: 0, top: 0, width, height }));
}

/** A picture in at most so many colours, up to 256, dithered. */
export async function fewColors(picture: Picture, colors: number): Promise<Picture> {
  const png = await imageOf(picture).png({ palette: true, colours: colors }).toBuffer();
  return pictureOf(sharp(png, { limitInputPixels: false }).ensureAlpha());
}

function evenSide(side: number): number {
  return Math.max(1, side - (side % 2));
}

function imageOf(picture: Picture): Sharp {
  checkPicture(picture);
  const { width, height, data } = picture;
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false });
}

async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength),
  };
}
