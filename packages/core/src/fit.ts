import type { Engine } from "./engine.js";
import { NoRoom, type RoomDetails } from "./errors.js";
import { type FeaturesCost, imageLayer, type Network } from "./network.js";
import type { Size } from "./placement.js";
import { quoted } from "./printable.js";
import type { Scale } from "./run-options.js";
import type { TileRules } from "./tiles.js";

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
  /** Present where a scale is painted in tiles. */
  readonly tiles?: PlannedTiles;
}

/** How a scale is painted in tiles. */
export interface PlannedTiles {
  /** Height and width of a tile, without the surroundings that its features see. */
  readonly side: Size;
  /** The number of tiles of the image. */
  readonly count: number;
  /** How many of them keep their activations from the first pass over the tiles to the second. */
  readonly kept: number;
  /** The memory that a run may take, in bytes, on account of which there are tiles. */
  readonly memoryBytes: number;
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
  /** Absent where a picture cannot be painted in tiles. */
  readonly rules?: TileRules | undefined;
  /** The losses that have to see the whole picture at once, and the rules without them. */
  readonly undivided?: { readonly terms: readonly string[]; readonly rules: TileRules } | undefined;
}

/** The image, its gradient, Adam's two, the average, their successors, and the image that a run may go back to. */
const usualImages = 12;

const bytesPerPixel = 3 * Float32Array.BYTES_PER_ELEMENT;

/** The cost of a scale: in one piece where that fits, and otherwise in tiles. */
export function scaleCost(setting: Setting, sizes: ScaleSizes): ScaleCost {
  const whole = wholeCost(setting, sizes);
  return isWithin(setting, whole) ? whole : (costInTiles(setting, sizes) ?? whole);
}

/** Tiles are not made smaller than this: what they see around them would be most of the work. */
const leastTile = 64;

/** The cost in the tiles that take the least work among those that fit; where none do, that in the smallest. */
function costInTiles(setting: Setting, sizes: ScaleSizes): ScaleCost | undefined {
  const { rules, margin } = setting;
  if (rules === undefined) return undefined;
  const [height, width] = outerSize(sizes.size, margin);
  const unit = rules.grid * Math.ceil(leastTile / rules.grid);
  const smallest = tiledCost(setting, sizes, [unit, unit]);
  if (smallest === undefined || !isWithin(setting, smallest)) return smallest;
  const most = (length: number) => Math.max(1, Math.floor(length / unit));
  const sideOf = (length: number, count: number) =>
    rules.grid * Math.ceil(Math.max(1, Math.floor(length / rules.grid)) / count);
  let best = smallest;
  for (let rows = 1; rows <= most(height); rows++) {
    const at = (columns: number) =>
      tiledCost(setting, sizes, [sideOf(height, rows), sideOf(width, columns)]) as ScaleCost;
    // The widest that fit, by bisection; narrower ones take more work.
    let [low, high] = [0, most(width)];
    if (!isWithin(setting, at(high))) continue;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (isWithin(setting, at(middle))) high = middle;
      else low = middle;
    }
    const found = at(high);
    if (found.operations.step < best.operations.step) best = found;
  }
  return best;
}

/** The cost in tiles of a side. */
function tiledCost(
  { network, layers, held, working: ofTerms, masks, margin, images = usualImages, engine, rules }: Setting,
  { size, styleSizes }: ScaleSizes,
  side: Size,
): ScaleCost | undefined {
  if (rules === undefined || network.cost === undefined) return undefined;
  const { grid, halo } = rules;
  const outer = outerSize(size, margin);
  const along = (length: number, longest: number) => {
    const cells = Math.max(1, Math.floor(length / grid));
    const count = Math.ceil(cells / Math.max(1, Math.floor(longest / grid)));
    const last = Math.ceil(cells / count) * grid + (length - cells * grid);
    return { count, crop: Math.min(length, last + 2 * halo), all: length + 2 * halo * (count - 1) };
  };
  const tiled = (whole: Size) => {
    const [rows, columns] = [along(whole[0], side[0]), along(whole[1], side[1])];
    const crop: Size = [rows.crop, columns.crop];
    return { crop, count: rows.count * columns.count, more: (rows.all * columns.all) / area(whole) };
  };
  const image = tiled(outer);
  const pictures = [outer, ...styleSizes].map((whole) => ({ whole, ...tiled(whole) }));
  const { bytes, ...step } = network.cost(image.crop, layers);
  // The terms hold what they see of a tile's features while its pass goes backward.
  const stepBytes =
    bytes + featuresCost(network, image.crop, layers).bytes + ofTerms(layerBytes(network, image.crop));
  const features = pictures.map(({ crop }) => featuresCost(network, crop, layers));
  const targets = held.length === 0 ? 0 : featuresCost(network, outer, held).bytes;
  const contentMasks = masks.content * maskBytes(network, outer, layers);
  const sources = pictures.map(({ whole }, i) => {
    const mask = masks.style[i - 1] ? maskBytes(network, whole, layers) : 0;
    return (features[i] as FeaturesCost).peakBytes + mask + 2 * bytesPerPixel * area(whole);
  });
  // The image and its gradient on the host.
  const fixed = (images + 2) * area(outer) * bytesPerPixel + contentMasks + targets;
  const overhead = engine.overhead ?? 1;
  const room = engine.memoryBytes / overhead - fixed - stepBytes;
  // The last tile of the first pass is the first of the second, and costs nothing to keep.
  const kept = Math.min(image.count, 1 + Math.max(0, Math.floor(room / stepBytes)));
  const work = step.operations * (image.more / (area(image.crop) / area(outer)));
  return {
    bytes: overhead * (fixed + Math.max(kept * stepBytes, ...sources)),
    largestTensorBytes: Math.max(
      step.largestTensorBytes,
      ...features.map((each) => each.largestTensorBytes),
      ...pictures.map(({ whole }) => bytesPerPixel * area(whole)),
    ),
    operations: {
      targets: sum(pictures.map(({ whole, more }) => more * featuresCost(network, whole, layers).operations)),
      // A tile that is not kept goes forward twice.
      step: work * (1.5 - (0.5 * kept) / image.count),
    },
    tiles: { side, count: image.count, kept, memoryBytes: engine.memoryBytes },
  };
}

function outerSize([height, width]: Size, margin: number): Size {
  return [height + 2 * margin, width + 2 * margin];
}

/** The cost in one piece: that of its steps, or its targets where these need more memory. */
function wholeCost(
  { network, layers, held, working: ofTerms, masks, margin, images = usualImages, engine }: Setting,
  { size, styleSizes }: ScaleSizes,
): ScaleCost {
  const outer = outerSize(size, margin);
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
  const bytesOf = layerBytes(network, outer);
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

/** The bytes of the features at a layer. */
function layerBytes(network: Network, size: Size): (layer: string) => number {
  return (layer) =>
    layer === imageLayer ? bytesPerPixel * area(size) : featuresCost(network, size, [layer]).bytes;
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
  return isWithin(setting, scaleCost(setting, sizes));
}

function isWithin({ engine }: Setting, { bytes, largestTensorBytes }: ScaleCost): boolean {
  return bytes <= engine.memoryBytes && largestTensorBytes <= engine.largestTensorBytes;
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
  const { undivided: reason } = setting;
  // It may be on account of these losses alone that there is no room.
  const piece = inOnePiece(reason && hasRoom({ ...setting, rules: reason.rules }, asked) ? reason.terms : []);
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
      `Expected a style that fits the engine ${engine.name}${piece}, got one of ${text(largest)} for a picture of ${text(size)}, ${taking}`,
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
    `Expected a size that fits the engine ${engine.name}${piece}, got ${text(size)}, ${taking}`,
    remedies,
    details,
  );
}

function refusal(problem: string, remedies: readonly string[], details: RoomDetails): NoRoom {
  const remedy = remedies.length === 0 ? "use another engine" : `choose ${remedies.join(", or ")}`;
  return new NoRoom(`${problem}: ${remedy}.`, { ...details, problem });
}

/** " in one piece, as the loss "nearest" needs", where these losses alone are the reason. */
function inOnePiece(terms: readonly string[]): string {
  if (terms.length === 0) return "";
  const names = terms.map(quoted).join(", ");
  return ` in one piece, as the ${terms.length === 1 ? `loss ${names} needs` : `losses ${names} need`}`;
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
