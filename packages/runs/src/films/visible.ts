import type { Flow } from "./optical-flow.js";
import { sample } from "./optical-flow.js";

/** How far forward and backward flow may disagree, as a share of their squares, and in squared pixels. */
const disagreement = { share: 0.01, pixels: 0.5 } as const;

/** How steep a flow may be, as a share of its square, and in squared pixels a pixel. */
const steepness = { share: 0.01, pixels: 0.002 } as const;

/**
 * Which pixels of a picture can be seen in another one too: 1 where the flow to it and the flow back agree, 0 where they
 * do not, as behind what has moved away, where the flow has an edge, and where it leads out of the other picture.
 *
 * @param there from the picture to the other one
 * @param back from the other one
 * @see Sundaram, Brox & Keutzer 2010, Dense point trajectories by GPU-accelerated large displacement optical flow
 * @see Ruder, Dosovitskiy & Brox 2016, Artistic style transfer for videos, equations 5 and 6
 */
export function visible(there: Flow, back: Flow): Float32Array {
  const { width, height, right, down } = there;
  const plane = (values: Float32Array) => ({ width, height, values });
  const [backRight, backDown] = [plane(back.right), plane(back.down)];
  const mask = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [right[i] as number, down[i] as number];
      const [column, row] = [x + u, y + v];
      // Half a pixel beyond the middle of the border's pixels is the border.
      if (column < -0.5 || row < -0.5 || column > width - 0.5 || row > height - 0.5) continue;
      const [backU, backV] = [sample(backRight, column, row), sample(backDown, column, row)];
      const [squares, backSquares] = [u * u + v * v, backU * backU + backV * backV];
      const apart = (u + backU) ** 2 + (v + backV) ** 2;
      if (apart > disagreement.share * (squares + backSquares) + disagreement.pixels) continue;
      const slope = (values: Float32Array) => {
        const across = (values[x < width - 1 ? i + 1 : i] as number) - (values[x > 0 ? i - 1 : i] as number);
        const along =
          (values[y < height - 1 ? i + width : i] as number) - (values[y > 0 ? i - width : i] as number);
        return (across * across + along * along) / 4;
      };
      if (slope(right) + slope(down) > steepness.share * squares + steepness.pixels) continue;
      mask[i] = 1;
    }
  return mask;
}
