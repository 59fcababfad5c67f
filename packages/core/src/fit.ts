import type { Engine } from "./engine.js";
import { NoRoom } from "./errors.js";
import type { Network } from "./network.js";

/** [height, width] in pixels. */
export type Size = readonly [height: number, width: number];

/** Images beside the network's tensors: the image, its gradient, Adam's three, the average, and their successors. */
const imageCopies = 12;

/** The cost of one step. */
interface Cost {
  readonly bytes: number;
  readonly largestTensorBytes: number;
  readonly operations: number;
}

/** The cost of one step at a size, including the optimizer's images. @param margin pixels on each side */
export function stepCost(
  network: Network,
  layers: readonly string[],
  [height, width]: Size,
  margin: number,
): Cost {
  const size: Size = [height + 2 * margin, width + 2 * margin];
  const imageBytes = size[0] * size[1] * 3 * 4;
  const cost = network.cost?.(size, layers) ?? { bytes: 0, largestTensorBytes: imageBytes, operations: 0 };
  return { ...cost, bytes: cost.bytes + imageCopies * imageBytes };
}

/**
 * Checks that every scale fits the engine.
 *
 * @param scales sizes without the margin
 * @throws {NoRoom} when the largest does not fit
 */
export function checkFits(
  scales: readonly { readonly size: Size }[],
  engine: Pick<Engine, "name" | "largestTensorBytes" | "memoryBytes">,
  costOf: (size: Size) => Cost,
): void {
  const fits = (size: Size) => {
    const cost = costOf(size);
    return cost.bytes <= engine.memoryBytes && cost.largestTensorBytes <= engine.largestTensorBytes;
  };
  // The largest first: the size that its error suggests suits the others too.
  for (const { size } of scales.toSorted((a, b) => area(b.size) - area(a.size))) {
    if (fits(size)) continue;
    // The largest size of the same shape that fits, by bisection over its fraction of the requested size.
    let [fitting, failing] = [0, 1];
    while (failing - fitting > 1e-3) {
      const middle = (fitting + failing) / 2;
      if (fits(scaled(size, middle))) fitting = middle;
      else failing = middle;
    }
    const [height, width] = scaled(size, fitting);
    const gigabytes = (costOf(size).bytes / 2 ** 30).toFixed(1);
    const longest = Math.max(width, height);
    throw new NoRoom(
      `Expected a size that fits the engine ${engine.name}, got ${size[1]}×${size[0]}, which takes about ` +
        `${gigabytes} GiB: choose at most ${longest} pixels for the longer side.`,
      { engine: engine.name, longest },
    );
  }
}

/** A size multiplied by a factor and rounded down; each side stays at least one pixel. */
export function scaled([height, width]: Size, factor: number): Size {
  return [Math.max(1, Math.floor(height * factor)), Math.max(1, Math.floor(width * factor))];
}

function area([height, width]: Size): number {
  return height * width;
}
