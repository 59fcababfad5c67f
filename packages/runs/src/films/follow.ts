import type { Picture } from "@brushwork/core";
import { type Flow, opticalFlow } from "./optical-flow.js";
import { visible } from "./visible.js";

/** A frame of a film, and how it was painted, at one size. */
export interface PaintedFrame {
  readonly content: Picture;
  readonly painted: Picture;
}

/** What earlier frames say of a frame: what it is to look like, and where they know it. */
export interface Followed {
  /** The earlier paintings, moved with the film; where none of them shows a pixel, that of the frame before. */
  readonly picture: Picture;
  /** One value a pixel, row by row: 1 where an earlier frame shows it, 0 elsewhere. */
  readonly mask: Float32Array;
}

/**
 * Moves earlier paintings to where things are in the next frame. A pixel that the frame before does not show comes from
 * the nearest of the others that does, so that what was hidden for a while looks as it did.
 *
 * @param earlier the frame before, then those further back: at least one
 * @see Ruder, Dosovitskiy & Brox 2016, Artistic style transfer for videos, with long-term consistency of equation 8
 */
export function followed(content: Picture, earlier: readonly PaintedFrame[]): Followed {
  const { width, height } = content;
  const mask = new Float32Array(width * height);
  let data: Uint8ClampedArray | undefined;
  for (const frame of earlier) {
    const back = opticalFlow(content, frame.content);
    const seen = visible(back, opticalFlow(frame.content, content));
    const moved = warped(frame.painted, back);
    data ??= new Uint8ClampedArray(moved.data);
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] !== 0 || seen[i] === 0) continue;
      mask[i] = 1;
      for (let c = 0; c < 4; c++) data[4 * i + c] = moved.data[4 * i + c] ?? 0;
    }
  }
  if (data === undefined) throw new Error("Expected an earlier frame, got none.");
  return { picture: { width, height, data }, mask };
}

/** The share of a mask that is 1. */
export function shareOf(mask: Float32Array): number {
  return mask.reduce((sum, value) => sum + value, 0) / mask.length;
}

/**
 * A picture as seen along a flow: each pixel is the one that the flow leads to, by bicubic interpolation, which hardly
 * blurs however often a picture is moved on; beyond the border, the border's.
 */
export function warped({ width, height, data }: Picture, { right, down }: Flow): Picture {
  const moved = new Uint8ClampedArray(data.length);
  const [columns, rows, across, along] = [new Int32Array(4), new Int32Array(4), [0, 0, 0, 0], [0, 0, 0, 0]];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      neighbours(x + (right[i] ?? 0), width, columns, across);
      neighbours(y + (down[i] ?? 0), height, rows, along);
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          let line = 0;
          const row = (rows[k] ?? 0) * width;
          for (let j = 0; j < 4; j++)
            line += (across[j] ?? 0) * (data[4 * (row + (columns[j] ?? 0)) + c] ?? 0);
          sum += (along[k] ?? 0) * line;
        }
        moved[4 * i + c] = sum;
      }
    }
  return { width, height, data: moved };
}

/** The four pixels around a place, and their weights by the kernel of Keys with a = −0.5. */
function neighbours(place: number, length: number, pixels: Int32Array, weights: number[]): void {
  const at = Math.min(Math.max(place, 0), length - 1);
  const first = Math.floor(at);
  const t = at - first;
  weights[0] = ((-0.5 * t + 1) * t - 0.5) * t;
  weights[1] = (1.5 * t - 2.5) * t * t + 1;
  weights[2] = ((-1.5 * t + 2) * t + 0.5) * t;
  weights[3] = (0.5 * t - 0.5) * t * t;
  for (let k = 0; k < 4; k++) pixels[k] = Math.min(Math.max(first + k - 1, 0), length - 1);
}
