import type { Engine } from "./engine.js";
import type { LossTerm } from "./loss.js";
import { imageLayer, type Network } from "./network.js";
import { networkLayers } from "./objective.js";
import { checkPicture, fittedSize, type Picture } from "./picture.js";
import type { StylizeOptions } from "./stylize.js";

/** One size of the coarse-to-fine pyramid. */
export interface Scale {
  /** The longer side in pixels, aspect ratios kept; or an exact size that content and style are stretched to. */
  readonly size: number | readonly [width: number, height: number];
  readonly steps: number;
}

/** One of several styles. */
export interface StyleSource {
  readonly picture: Picture;
  /** Above 0; the weights of all styles are scaled to sum to 1. */
  readonly weight?: number;
}

type Size = readonly [height: number, width: number];

/** What a run will do. */
export interface Plan {
  readonly styles: readonly { readonly picture: Picture; readonly weight: number }[];
  readonly scales: readonly {
    /** [height, width] of the picture, margin not included. */
    readonly size: Size;
    /** [height, width] of each style. */
    readonly styleSizes: readonly Size[];
    readonly steps: number;
  }[];
  readonly margin: number;
  /** Bytes at the worst moment; absent where the network cannot tell. */
  readonly bytes?: number;
  /** Floating-point operations of all steps; absent where the network cannot tell. */
  readonly operations?: number;
}

/** A run could be, but not on its engine, which has too little memory for it. */
export class NoRoom extends RangeError {
  /** Pixels of the longer side of the largest picture that fits. */
  readonly longest: number;

  constructor(message: string, longest: number) {
    super(message);
    this.longest = longest;
  }
}

const defaultScales: readonly Scale[] = [{ size: 512, steps: 300 }];
const defaultMargin = 16;

/** Images beside the network's tensors: the image, its gradient, three of Adam, one of averaging, and their successors. */
const imageCopies = 12;

/**
 * Checks the options of a run and says what it will do, without allocating anything.
 *
 * @throws {TypeError | RangeError} when an option cannot be
 * @throws {NoRoom} when all else can be, and the run does not fit the engine, with the largest size that does
 */
export function plan(options: StylizeOptions): Plan {
  const { content, network, terms, engine, init = "content" } = options;
  const { scales = defaultScales, margin = defaultMargin, styleScale = 1, seed = 0 } = options;
  checkPicture(content);
  if (typeof init === "object") checkPicture(init);
  else if (!["content", "style", "noise"].includes(init))
    throw new RangeError(`Expected init to be content, style, noise or a picture, got ${init}.`);
  const styles = normalisedStyles(options.style);
  checkTerms(terms, network);
  checkCount("a margin", margin, 0);
  checkCount("a seed", seed, 0);
  if (!(styleScale > 0 && Number.isFinite(styleScale)))
    throw new RangeError(`Expected a style scale above 0, got ${styleScale}.`);
  if (scales.length === 0) throw new RangeError("Expected at least one scale, got none.");

  const planned = scales.map(({ size, steps }) => {
    checkCount("the steps of a scale", steps, 1);
    for (const side of typeof size === "number" ? [size] : size) checkCount("a size", side, 1);
    if (typeof size !== "number") {
      const exact: Size = [size[1], size[0]];
      return { size: exact, styleSizes: styles.map(() => scaled(exact, styleScale)), steps };
    }
    return {
      size: fittedSize(content, size),
      styleSizes: styles.map(({ picture }) =>
        fittedSize(picture, Math.max(1, Math.round(size * styleScale))),
      ),
      steps,
    };
  });
  for (const { size, styleSizes } of planned) {
    checkLargeEnough("the content", size, terms, network);
    for (const styleSize of styleSizes) checkLargeEnough("the style", styleSize, terms, network);
  }

  const layers = networkLayers(terms);
  const costs = planned.map(({ size }) => stepCost(network, layers, size, margin));
  checkFits(planned, engine, (size) => stepCost(network, layers, size, margin));
  return {
    styles,
    scales: planned,
    margin,
    ...(network.cost && {
      bytes: Math.max(...costs.map((cost) => cost.bytes)),
      operations: planned.reduce((sum, { steps }, i) => sum + steps * (costs[i]?.operations ?? 0), 0),
    }),
  };
}

/** @throws {RangeError} when the weight is negative or not finite */
export function checkWeight(name: string, weight: number): void {
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw new RangeError(`Expected the weight of "${name}" to be 0 or more, got ${weight}.`);
}

function normalisedStyles(style: StylizeOptions["style"]): Plan["styles"] {
  const sources: readonly StyleSource[] = "data" in style ? [{ picture: style }] : style;
  if (sources.length === 0) throw new RangeError("Expected at least one style, got none.");
  const total = sources.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return sources.map(({ picture, weight = 1 }) => {
    checkPicture(picture);
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new RangeError(`Expected the weight of a style to be above 0, got ${weight}.`);
    return { picture, weight: weight / total };
  });
}

function checkTerms(terms: readonly LossTerm[], network: Network): void {
  if (terms.length === 0) throw new RangeError("Expected at least one loss term, got none.");
  const names = new Set<string>();
  for (const { name, weight, layers } of terms) {
    if (names.has(name))
      throw new RangeError(`Expected the loss terms' names to differ, got "${name}" twice.`);
    names.add(name);
    checkWeight(name, weight);
    if (layers.length === 0) throw new RangeError(`Expected the loss "${name}" to name a layer, got none.`);
    for (const layer of layers)
      if (layer !== imageLayer && !network.layers.includes(layer))
        throw new RangeError(
          `Expected the loss "${name}" to name layers of ${network.name}, got "${layer}"; ` +
            `there are ${[imageLayer, ...network.layers].join(", ")}.`,
        );
  }
}

function checkCount(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`Expected ${what} to be a whole number of at least ${least}, got ${value}.`);
}

function checkLargeEnough(
  what: string,
  [height, width]: Size,
  terms: readonly LossTerm[],
  network: Network,
): void {
  const strides = networkLayers(terms).map((layer) => ({
    layer,
    least: network.geometry?.(layer).stride ?? 1,
  }));
  const deepest = strides.sort((a, b) => b.least - a.least)[0];
  if (deepest !== undefined && Math.min(height, width) < deepest.least)
    throw new RangeError(
      `Expected ${what} to be at least ${deepest.least} pixels on its shorter side for the layer ` +
        `${deepest.layer}, got ${width}×${height}: choose a larger size or shallower layers.`,
    );
}

interface Cost {
  readonly bytes: number;
  readonly largestTensorBytes: number;
  readonly operations: number;
}

function stepCost(network: Network, layers: readonly string[], [height, width]: Size, margin: number): Cost {
  const size: Size = [height + 2 * margin, width + 2 * margin];
  const imageBytes = size[0] * size[1] * 3 * 4;
  const cost = network.cost?.(size, layers) ?? { bytes: 0, largestTensorBytes: imageBytes, operations: 0 };
  return { ...cost, bytes: cost.bytes + imageCopies * imageBytes };
}

function checkFits(
  scales: Plan["scales"],
  engine: Pick<Engine, "name" | "largestTensorBytes" | "memoryBytes">,
  costOf: (size: Size) => Cost,
): void {
  const fits = (size: Size) => {
    const cost = costOf(size);
    return cost.bytes <= engine.memoryBytes && cost.largestTensorBytes <= engine.largestTensorBytes;
  };
  // The largest first: what is said of it holds for the others.
  for (const { size } of scales.toSorted((a, b) => area(b.size) - area(a.size))) {
    if (fits(size)) continue;
    // The largest size of the same shape, by bisection over the share of the size asked for.
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
      longest,
    );
  }
}

function scaled([height, width]: Size, factor: number): Size {
  return [Math.max(1, Math.floor(height * factor)), Math.max(1, Math.floor(width * factor))];
}

function area([height, width]: Size): number {
  return height * width;
}
