import type { Engine } from "./engine.js";
import { NoRoom, type RoomDetails } from "./errors.js";
import { type FeaturesCost, imageLayer, type Network } from "./network.js";
import type { Size } from "./placement.js";
import type { Scale } from "./run-options.js";

/** The sizes of content and styles at one scale. */
export interface ScaleSizes {
  readonly size: Size;
  readonly styleSizes: readonly Size[];
}

/** The cost of a scale. */
export interface ScaleCost {
  /** Peak memory that the engine needs, in bytes. */
  readonly bytes: number;
  readonly largestTensorBytes: number;
  readonly operations: {
    /** Operations for the targets, once. */
    readonly targets: number;
    /** Operations of each step. */
    readonly step: number;
  };
}

/** What a run is planned for, its sizes aside. */
export interface Setting {
  readonly network: Network;
  readonly layers: readonly string[];
  /** The layers at which targets hold the content's features. */
  readonly held: readonly string[];
  /** The most memory that a term needs for its own tensors in a step, from the bytes of a layer's features. */
  readonly working: (bytesOf: (layer: string) => number) => number;
  /** The number of content masks, and which styles have a style mask. */
  readonly masks: { readonly content: number; readonly style: readonly boolean[] };
  readonly margin: number;
  /** Images beside the network's tensors, as `Optimizer.images` counts them. */
  readonly images?: number | undefined;
  readonly engine: Pick<Engine, "name" | "largestTensorBytes" | "memoryBytes" | "overhead">;
}

/** The image, its gradient, Adam's two, the average, their successors, and the image that a run may go back to. */
const usualImages = 12;

const bytesPerPixel = 3 * Float32Array.BYTES_PER_ELEMENT;

/** The cost of a scale: its steps, or its targets where these need more memory. */
export function scaleCost(
  { network, layers, held, working: ofTerms, masks, margin, images = usualImages, engine }: Setting,
  { size, styleSizes }: ScaleSizes,
): ScaleCost {
  const outer: Size = [size[0] + 2 * margin, size[1] + 2 * margin];
  const imageBytes = images * area(outer) * bytesPerPixel;
  const step = network.cost?.(outer, layers) ?? { bytes: 0, largestTensorBytes: 0, operations: 0 };
  // All of them exist at once: a loss makes its targets from the content and all styles together.
  const sources = [outer, ...styleSizes].map((each) => featuresCost(network, each, layers));
  const working = Math.max(...sources.map(({ bytes, peakBytes }) => peakBytes - bytes));
  const targets = held.length === 0 ? 0 : featuresCost(network, outer, held).bytes;
  const features = sum(sources.map(({ bytes }) => bytes)) + bytesPerPixel * sum(styleSizes.map(area));
  const contentMasks = masks.content * maskBytes(network, outer, layers);
  const styleMasks = sum(
    styleSizes.map((each, i) => (masks.style[i] ? maskBytes(network, each, layers) : 0)),
  );
  // A masked copy of the largest activation, and in a step also the gradient of one region beside the others' sum.
  const masked = masks.content > 0 ? 2 * step.largestTensorBytes : 0;
  const maskedSource =
    contentMasks + styleMasks > 0 ? Math.max(...sources.map((source) => source.largestTensorBytes)) : 0;
  const bytesOf = (layer: string) =>
    layer === imageLayer ? bytesPerPixel * area(outer) : featuresCost(network, outer, [layer]).bytes;
  const stepBytes = step.bytes + targets + masked + ofTerms(bytesOf);
  const targetBytes = features + working + styleMasks + maskedSource;
  return {
    bytes: (engine.overhead ?? 1) * (imageBytes + contentMasks + Math.max(stepBytes, targetBytes)),
    largestTensorBytes: Math.max(
      step.largestTensorBytes,
      ...sources.map((source) => source.largestTensorBytes),
      ...[outer, ...styleSizes].map((each) => bytesPerPixel * area(each)),
    ),
    operations: { targets: sum(sources.map(({ operations }) => operations)), step: step.operations },
  };
}

/** Memory of a mask at all layers and at the image, in bytes. */
function maskBytes({ geometry }: Network, size: Size, layers: readonly string[]): number {
  const shares = layers.map((layer) => 1 / (geometry?.(layer).stride ?? 1) ** 2);
  return Float32Array.BYTES_PER_ELEMENT * area(size) * sum([1, ...shares]);
}

function featuresCost(network: Network, size: Size, layers: readonly string[]): FeaturesCost {
  const found = network.featuresCost?.(size, layers);
  if (found !== undefined) return found;
  const step = network.cost?.(size, layers) ?? { bytes: 0, largestTensorBytes: 0, operations: 0 };
  return { ...step, peakBytes: step.bytes };
}

/** Whether a scale's sizes fit the engine. */
export function hasRoom(setting: Setting, sizes: ScaleSizes): boolean {
  const { bytes, largestTensorBytes } = scaleCost(setting, sizes);
  return bytes <= setting.engine.memoryBytes && largestTensorBytes <= setting.engine.largestTensorBytes;
}

/** What an error about too little memory needs to know of a scale that does not fit. */
export interface Misfit {
  readonly setting: Setting;
  readonly scale: Scale["size"];
  readonly styleScale: number;
  /** The sizes of the scale at another size or style scale. */
  sizesOf(size: Scale["size"], styleScale: number): ScaleSizes;
  /** Whether sizes are large enough for the layers. */
  largeEnough(sizes: ScaleSizes): boolean;
}

/** The error about a scale that does not fit: what is too large, and the largest that fits. */
export function noRoom({ setting, scale, styleScale, sizesOf, largeEnough }: Misfit): NoRoom {
  const { engine, margin } = setting;
  const asked = sizesOf(scale, styleScale);
  const { size, styleSizes } = asked;
  const possible = (sizes: ScaleSizes) => hasRoom(setting, sizes) && largeEnough(sizes);
  const ofLonger = (longer: number) => resized(scale, longer);

  const longest = largestWhole(longerOf(scale) - 1, (longer) =>
    hasRoom(setting, sizesOf(ofLonger(longer), styleScale)),
  );
  const fitting = ofLonger(longest);
  const sized = longest > 0 && possible(sizesOf(fitting, styleScale));
  const contentFits = hasRoom(setting, { size, styleSizes: [] });
  // In thousandths of the asked style scale, and no more digits than that.
  const thousandth = styleScale / 1000;
  const scaleOf = (count: number) => Number((count * thousandth).toPrecision(3));
  const styleCount = contentFits
    ? largestWhole(999, (count) => hasRoom(setting, sizesOf(scale, scaleOf(count))))
    : 0;
  const styleFits = styleCount > 0 && possible(sizesOf(scale, scaleOf(styleCount)));

  const taking = `which takes about ${bytesText(scaleCost(setting, asked).bytes)}`;
  const remedies = [
    ...(styleFits ? [`a style scale of at most ${scaleOf(styleCount)}`] : []),
    ...(sized ? [`at most ${longest} pixels for the longer side`] : []),
  ];
  const details: RoomDetails = {
    engine: engine.name,
    longest: sized ? longest : 0,
    ...(sized && { size: fitting }),
    ...(styleFits && { styleScale: scaleOf(styleCount) }),
  };
  if (contentFits && styleSizes.length > 0) {
    const largest = styleSizes.toSorted((a, b) => area(b) - area(a))[0] ?? size;
    return refusal(
      `Expected a style that fits the engine ${engine.name}, got one of ${text(largest)} for a picture of ${text(size)}, ${taking}`,
      remedies,
      details,
    );
  }
  if (!sized && 2 * margin > longerOf(scale)) {
    const around = largestWhole(margin - 1, (less) => hasRoom({ ...setting, margin: less }, asked));
    if (around > 0)
      return refusal(
        `Expected a margin that fits the engine ${engine.name}, got ${margin} pixels around ${text(size)}, ${taking}`,
        [`a margin of at most ${around}`],
        details,
      );
  }
  return refusal(
    `Expected a size that fits the engine ${engine.name}, got ${text(size)}, ${taking}`,
    remedies,
    details,
  );
}

function refusal(problem: string, remedies: readonly string[], details: RoomDetails): NoRoom {
  const remedy = remedies.length === 0 ? "use another engine" : `choose ${remedies.join(", or ")}`;
  return new NoRoom(`${problem}: ${remedy}.`, { ...details, problem });
}

/** The largest whole number from 1 to `most` that fits, by bisection; 0 where none does. */
function largestWhole(most: number, fitting: (count: number) => boolean): number {
  let [low, high] = [0, most + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fitting(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The size of a scale with another longer side. */
export function resized(size: Scale["size"], longer: number): Scale["size"] {
  if (typeof size === "number") return longer;
  const side = (length: number) => Math.max(1, Math.floor((length * longer) / longerOf(size)));
  return [side(size[0]), side(size[1])];
}

export function longerOf(size: Scale["size"]): number {
  return typeof size === "number" ? size : Math.max(...size);
}

/** A size multiplied by a factor and rounded down; each side stays at least one pixel. */
export function scaled([height, width]: Size, factor: number): Size {
  return [Math.max(1, Math.floor(height * factor)), Math.max(1, Math.floor(width * factor))];
}

export function area([height, width]: Size): number {
  return height * width;
}

/** "512×341" */
export function text([height, width]: Size): string {
  return `${width}×${height}`;
}

function bytesText(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
