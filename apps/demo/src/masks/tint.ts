import { sized } from "../pictures/canvas.js";
import type { Area, Mask } from "./mask.js";

/** The colours in which the masks of the paintings are shown, in their order. */
const tints = [
  { name: "orange", rgb: [232, 89, 12] },
  { name: "blue", rgb: [26, 92, 214] },
  { name: "green", rgb: [22, 138, 74] },
  { name: "violet", rgb: [142, 58, 189] },
] as const;

type Tint = (typeof tints)[number];

/** @param index of the painting, from 0 */
export function tintOf(index: number): Tint {
  return tints[index % tints.length] ?? tints[0];
}

/** How much of the photograph below shows through a mask at its fullest. */
const opacity = 0.62;

/** Draws a mask in a tint, on a canvas that gets its size. @param area the part that is drawn; all of it by default */
export function drawMask(
  canvas: HTMLCanvasElement,
  { width, height, levels }: Mask,
  { rgb }: Tint,
  area: Area = { x: 0, y: 0, width, height },
): void {
  sized(canvas, { width, height });
  const image = new ImageData(area.width, area.height);
  for (let y = 0; y < area.height; y++)
    for (let x = 0; x < area.width; x++) {
      const level = levels[(area.y + y) * width + area.x + x] ?? 0;
      image.data.set([...rgb, opacity * level], 4 * (y * area.width + x));
    }
  canvas.getContext("2d")?.putImageData(image, area.x, area.y);
}
