import { checkKind, checkOptions, either, type Kind, kinds, objectWith } from "./checked-options.js";
import { checkCount, checkWeight } from "./checks.js";
import { OptionError, TooSmall } from "./errors.js";
import {
  area,
  hasRoom,
  longerOf,
  noRoom,
  type PlannedTiles,
  resized,
  type ScaleCost,
  type ScaleSizes,
  scaleCost,
  scaled,
  text,
} from "./fit.js";
import { isGrey } from "./grey.js";
import type { LossTerm } from "./loss.js";
import { imageLayer, type Network } from "./network.js";
import { networkLayers } from "./objective.js";
import { checkPicture, isBlack, isVisible, type Picture } from "./picture.js";
import { covering, filling, fittedSize, type Placement, type Size, sizeWithin } from "./placement.js";
import { quoted, shown } from "./printable.js";
import { oneOf } from "./reading.js";
import { type Fit, fits, type Scale, type StyleSource, type StylizeOptions } from "./run-options.js";
import { tileRules } from "./tiles.js";

/** What a run will do: the checked options, and its cost. */
export interface Plan {
  /** Those with a weight above 0; the weights sum to 1. */
  readonly styles: readonly (Omit<StyleSource, "weight"> & { readonly weight: number })[];
  readonly scales: readonly {
    /** Index among the scales of the options. */
    readonly index: number;
    /** [height, width] of the picture, margin not included. */
    readonly size: Size;
    /** The part of the content that is painted. */
    readonly content: Placement;
    /** [height, width] of each style. */
    readonly styleSizes: readonly Size[];
    readonly steps: number;
    /** Floating-point operations of the targets, and of each step; absent as `Plan.operations` is. */
    readonly operations?: ScaleCost["operations"];
    /** How the scale is painted in tiles, where it does not fit into memory in one piece. */
    readonly tiles?: PlannedTiles;
  }[];
  /**
   * Scales that are not painted, since a picture is too small for a layer there. The next larger one has their steps. The
   * last scale is never left out.
   */
  readonly leftOut: readonly {
    /** Index among the scales of the options. */
    readonly index: number;
    /** Which picture is too small. */
    readonly what: "content" | "style";
    /** [height, width] of that picture. */
    readonly size: Size;
    /** The layer that needs more, and how many pixels it needs on the shorter side. */
    readonly layer: string;
    readonly least: number;
  }[];
  /** Pixels painted beyond each side and cut off at the end. */
  readonly margin: number;
  /** The memory that the run may take, in bytes. */
  readonly memoryBytes: number;
  /** Whether content and styles are all grey, and the picture therefore is. */
  readonly grey: boolean;
  /** Peak memory in bytes; absent where the network does not report its cost. */
  readonly bytes?: number;
  /** Floating-point operations of all targets and steps; absent where the network does not report its cost. */
  readonly operations?: number;
}

const defaultScales: readonly Scale[] = [{ size: 512, steps: 300 }];

/** The margin where a network does not say how far its layers see. */
const usualMargin = 16;

/** Options whose own check says more about them. */
const anything = () => undefined;

const term = objectWith("a loss term, such as styleLoss()", "layers", "prepare", "loss");

const optionKinds: Readonly<Record<keyof StylizeOptions, Kind>> = {
  engine: kinds.engine,
  network: kinds.network,
  content: kinds.picture,
  style: either(kinds.picture, kinds.list),
  terms: kinds.list,
  optimizer: kinds.optimizer,
  scales: kinds.list,
  fit: anything,
  styleScale: kinds.number,
  margin: kinds.number,
  init: anything,
  seed: kinds.number,
  untilStable: kinds.number,
  weights: kinds.callback,
  resume: kinds.record,
  memoryBytes: kinds.number,
  signal: kinds.signal,
};

/**
 * Checks the options of a run and works out what it will do, without allocating anything.
 *
 * @throws {OptionError} when an option is not valid
 * @throws {TypeError} when a picture's size is invalid or its bytes do not match it
 * @throws {NoRoom} when the options are valid but the run does not fit the engine; it names the largest size that does
 */
export function plan(options: StylizeOptions): Plan {
  checkOptions("stylize", options, optionKinds, ["engine", "network", "content", "style", "terms"]);
  const { content, network, terms, engine, init = "content" } = options;
  const { scales = defaultScales, styleScale = 1, seed = 0, fit = "cover" } = options;
  checkVisible("the content", content);
  if (kinds.picture(init) === undefined) checkVisible("the picture to start from", init as Picture);
  else if (!["content", "style", "noise"].includes(init as string))
    throw new OptionError(`Expected init to be content, style, noise or a picture, got ${shown(init)}.`);
  oneOf(fit, "fit", fits);
  const styles = normalisedStyles(options.style);
  checkTerms(terms, network);
  const isMasked = styles.some(({ contentMask, styleMask }) => contentMask ?? styleMask);
  if (isMasked) checkTermsKnowMasks(terms, network);
  const layers = networkLayers(terms);
  const { margin = farthestReach(layers, network) } = options;
  checkCount("a margin", margin, 0);
  checkCount("a seed", seed, 0);
  if (!(styleScale > 0 && Number.isFinite(styleScale)))
    throw new OptionError(`Expected a style scale above 0, got ${styleScale}.`);
  const { untilStable } = options;
  if (untilStable !== undefined && !(untilStable > 0 && untilStable <= 1))
    throw new OptionError(`Expected untilStable above 0, at most 1, got ${untilStable}.`);
  if (scales.length === 0) throw new OptionError("Expected at least one scale, got none.");

  for (const [i, scale] of scales.entries()) {
    checkOptions(`scales[${i}]`, scale, { size: either(kinds.number, kinds.numbers), steps: kinds.number }, [
      "size",
      "steps",
    ]);
    const { size, steps } = scale;
    checkCount("the steps of a scale", steps, 1);
    for (const side of typeof size === "number" ? [size] : size) checkCount("a size", side, 1);
  }
  const pictures = styles.map(({ picture }) => picture);
  const sizesOf = (size: Scale["size"], scale: number) =>
    sizesAt(size, scale, { content, styles: pictures, fit });
  const deepest = deepestOf(layers, network);
  const all = scales.map(({ size, steps }, index) => ({ index, ...sizesOf(size, styleScale), steps }));
  const leftOut: Plan["leftOut"][number][] = [];
  const painted: typeof all = [];
  let stepsLeft = 0;
  for (const scale of all) {
    const small = tooSmall(scale, deepest);
    if (small !== undefined && scale !== all.at(-1)) {
      leftOut.push({ index: scale.index, ...small });
      stepsLeft += scale.steps;
    } else {
      painted.push({ ...scale, steps: scale.steps + stepsLeft });
      stepsLeft = 0;
    }
  }

  const last = scales.at(-1) as Scale;
  const lastSizes = sizesOf(last.size, styleScale);
  if (tooSmall(lastSizes, deepest) !== undefined)
    throw tooSmallError({ size: last.size, styleScale, sizesOf, deepest });
  checkContentMasks(options.style, lastSizes.content);
  const held = networkLayers(terms.filter(({ holdsContent }) => holdsContent));
  const masks = {
    content: styles.filter(({ contentMask }) => contentMask !== undefined).length,
    style: styles.map(({ styleMask }) => styleMask !== undefined),
  };
  const regions = masks.content + (masks.content < styles.length ? 1 : 0);
  const working = (bytesOf: (layer: string) => number) =>
    Math.max(
      0,
      ...terms.map((term) => {
        if (term.workingBytes === undefined) return 0;
        const featureBytes = Object.fromEntries(term.layers.map((layer) => [layer, bytesOf(layer)]));
        return term.workingBytes({ featureBytes, regions });
      }),
    );
  const memoryBytes = budgetOf(options);
  const isLocal = network.geometry !== undefined && network.cost !== undefined;
  const rules = isLocal ? tileRules(network, terms) : undefined;
  const undivided = terms.filter((term) => !term.additive || term.normalizeGradients);
  const setting = {
    network,
    layers,
    held,
    working,
    masks,
    margin,
    images: options.optimizer?.images,
    engine: {
      name: engine.name,
      largestTensorBytes: engine.largestTensorBytes,
      memoryBytes,
      ...(engine.overhead !== undefined && { overhead: engine.overhead }),
    },
    ...(rules && undivided.length === 0 && { rules }),
    ...(rules && undivided.length > 0 && { undivided: { rules, terms: undivided.map(({ name }) => name) } }),
  };
  // The largest first: the size that its error suggests suits the others too.
  for (const { index, ...sizes } of painted.toSorted((a, b) => totalArea(b) - totalArea(a)))
    if (!hasRoom(setting, sizes))
      throw noRoom({
        setting,
        scale: (scales[index] as Scale).size,
        styleScale,
        sizesOf,
        largeEnough: (candidate) => tooSmall(candidate, deepest) === undefined,
      });
  const costs = painted.map((scale) => scaleCost(setting, scale));
  const known = network.cost !== undefined;
  return {
    styles,
    scales: painted.map(({ index, size, content: placed, styleSizes, steps }, i) => ({
      index,
      size,
      content: placed,
      styleSizes,
      steps,
      ...(known && { operations: (costs[i] as ScaleCost).operations }),
      ...(costs[i]?.tiles && { tiles: costs[i].tiles }),
    })),
    leftOut,
    margin,
    memoryBytes,
    grey: [content, ...styles.map(({ picture }) => picture)].every(isGrey),
    ...(known && {
      bytes: costs.reduce((most, { bytes }) => Math.max(most, bytes), 0),
      operations: costs.reduce(
        (sum, { operations: { targets, step } }, i) => sum + targets + (painted[i]?.steps ?? 0) * step,
        0,
      ),
    }),
  };
}

/** A run that goes on keeps what it was planned for, since other tiles would round differently. */
function budgetOf({ engine, memoryBytes, resume }: StylizeOptions): number {
  const asked = memoryBytes ?? resume?.memoryBytes ?? engine.memoryBytes;
  if (!(asked > 0)) throw new OptionError(`Expected memory above 0 bytes, got ${shown(asked)}.`);
  return memoryBytes === undefined ? asked : Math.min(asked, engine.memoryBytes);
}

function checkVisible(what: string, picture: Picture): void {
  checkPicture(picture);
  if (!isVisible(picture))
    throw new OptionError(
      `Expected ${what} to have visible pixels, got a picture that is transparent throughout.`,
    );
}

function contentPlacement(content: Picture, size: Scale["size"], fit: Fit): Placement {
  if (typeof size === "number") return filling(fittedSize(content, size));
  const exact: Size = [size[1], size[0]];
  if (fit === "cover") return covering(content, exact);
  return filling(fit === "contain" ? sizeWithin(content, exact) : exact);
}

/** The sizes of a scale: the placement of the content, and the size of each style. */
function sizesAt(
  size: Scale["size"],
  styleScale: number,
  {
    content,
    styles,
    fit,
  }: { readonly content: Picture; readonly styles: readonly Picture[]; readonly fit: Fit },
): ScaleSizes & { readonly content: Placement } {
  const placed = contentPlacement(content, size, fit);
  const painted: Size = [placed.rows.count, placed.columns.count];
  const longer = typeof size === "number" ? size : Math.max(...painted);
  return {
    size: painted,
    content: placed,
    styleSizes: styles.map((picture) =>
      fit === "stretch" && typeof size !== "number"
        ? scaled(painted, styleScale)
        : fittedSize(picture, Math.max(1, Math.round(longer * styleScale))),
    ),
  };
}

const styleKinds: Readonly<Record<keyof StyleSource, Kind>> = {
  picture: kinds.picture,
  weight: kinds.number,
  contentMask: kinds.picture,
  styleMask: kinds.picture,
};

function normalisedStyles(style: StylizeOptions["style"]): Plan["styles"] {
  const sources: readonly StyleSource[] = "data" in style ? [{ picture: style }] : style;
  if (sources.length === 0) throw new OptionError("Expected at least one style, got none.");
  for (const [i, source] of sources.entries()) {
    checkOptions(`style[${i}]`, source, styleKinds, ["picture"]);
    const { picture, weight = 1, contentMask, styleMask } = source;
    checkPicture(picture);
    checkWeight("a style", weight);
    if (contentMask !== undefined) checkPicture(contentMask);
    if (styleMask === undefined) continue;
    checkPicture(styleMask);
    if (isBlack(styleMask, filling([styleMask.height, styleMask.width])))
      throw new OptionError(
        `Expected the style mask of style ${i + 1} to be brighter than black somewhere, got black throughout.`,
      );
  }
  // A style without weight is not looked at: the picture is that of a run without it.
  const seen = sources.filter(({ weight }) => weight !== 0);
  if (seen.length === 0) throw new OptionError("Expected a style with a weight above 0, got none.");
  for (const { picture } of seen) checkVisible("a style", picture);
  const total = seen.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return seen.map(({ weight = 1, ...style }) => ({ ...style, weight: weight / total }));
}

/** @throws {OptionError} when a content mask is black wherever something is painted */
function checkContentMasks(style: StylizeOptions["style"], placement: Placement): void {
  if ("data" in style) return;
  for (const [i, { contentMask }] of style.entries())
    if (contentMask !== undefined && isBlack(contentMask, placement))
      throw new OptionError(
        `Expected the content mask of style ${i + 1} to be brighter than black somewhere in what is painted, ` +
          "got black throughout.",
      );
}

/** @throws {OptionError} when a term would ignore masks, or the network's layers have no positions to mask */
function checkTermsKnowMasks(terms: readonly LossTerm[], network: Network): void {
  const ignorant = terms.filter(({ masks }) => masks !== true).map(({ name }) => quoted(name));
  if (ignorant.length > 0)
    throw new OptionError(
      `Expected losses that know the masks of styles, got ${ignorant.join(", ")}: leave ` +
        `${ignorant.length === 1 ? "that loss" : "those losses"} or the masks out.`,
    );
  if (network.geometry === undefined)
    throw new OptionError(
      `Expected a network whose layers have places in the picture, for masks, got ${network.name}.`,
    );
}

function checkTerms(terms: readonly LossTerm[], network: Network): void {
  if (terms.length === 0) throw new OptionError("Expected at least one loss term, got none.");
  const names = new Set<string>();
  for (const [i, each] of terms.entries()) {
    checkKind(`terms[${i}]`, each, term);
    const { name, weight, layers } = each;
    if (name === "total")
      throw new OptionError('Expected no loss term to be called "total", which is the name of their sum.');
    if (names.has(name))
      throw new OptionError(`Expected the loss terms' names to differ, got ${quoted(name)} twice.`);
    names.add(name);
    checkWeight(quoted(name), weight);
    checkLayers(name, layers, network);
  }
  if (terms.every(({ weight }) => weight === 0))
    throw new OptionError("Expected the weight of at least one loss to be above 0, got 0 for each.");
}

function checkLayers(name: string, layers: readonly string[], network: Network): void {
  if (layers.length === 0)
    throw new OptionError(`Expected the loss ${quoted(name)} to name a layer, got none.`);
  const named = new Set<string>();
  for (const layer of layers) {
    if (layer !== imageLayer && !network.layers.includes(layer))
      throw new OptionError(
        `Expected the loss ${quoted(name)} to name layers of ${network.name}, got ${quoted(layer)}; ` +
          `there are ${[imageLayer, ...network.layers].join(", ")}.`,
      );
    if (named.has(layer))
      throw new OptionError(
        `Expected the loss ${quoted(name)} to name each layer once, got ${quoted(layer)} twice.`,
      );
    named.add(layer);
  }
}

/** A layer, and the shorter side of a picture, in pixels, that it needs. */
interface Need {
  readonly layer: string;
  readonly least: number;
}

/** The layer that needs the largest picture. */
function deepestOf(layers: readonly string[], network: Network): Need | undefined {
  return layers
    .map((layer) => ({ layer, least: network.geometry?.(layer).stride ?? 1 }))
    .sort((a, b) => b.least - a.least)[0];
}

/** How many pixels the layers see beyond their own cells: with no smaller margin, zero padding paints a frame. */
function farthestReach(layers: readonly string[], network: Network): number {
  return Math.max(0, ...layers.map((layer) => network.geometry?.(layer).reach ?? usualMargin));
}

/** The picture that is too small for a layer; undefined where none is. */
function tooSmall(
  { size, styleSizes }: ScaleSizes,
  deepest: Need | undefined,
): Omit<Plan["leftOut"][number], "index"> | undefined {
  if (deepest === undefined) return undefined;
  const small = (each: Size) => Math.min(...each) < deepest.least;
  if (small(size)) return { what: "content", size, ...deepest };
  const style = styleSizes.find(small);
  return style && { what: "style", size: style, ...deepest };
}

/** The error about a picture that is too small at the last scale: the smallest size that is large enough. */
function tooSmallError({
  size,
  styleScale,
  sizesOf,
  deepest,
}: {
  readonly size: Scale["size"];
  readonly styleScale: number;
  readonly sizesOf: (size: Scale["size"], styleScale: number) => ScaleSizes;
  readonly deepest: Need | undefined;
}): TooSmall {
  const {
    what,
    size: small,
    layer,
    least,
  } = tooSmall(sizesOf(size, styleScale), deepest) as NonNullable<ReturnType<typeof tooSmall>>;
  const suits = (candidate: Scale["size"], scale: number) =>
    tooSmall(sizesOf(candidate, scale), deepest) === undefined;
  const longer = smallestWhole(longerOf(size), (count) => suits(resized(size, count), styleScale));
  const hundredths = what === "style" ? smallestWhole(1, (count) => suits(size, count / 100)) : undefined;
  return new TooSmall(
    `Expected the ${what} to be at least ${least} pixels on its shorter side for the layer ${layer}, got ${text(small)}`,
    {
      ...(longer !== undefined && { size: resized(size, longer) }),
      ...(hundredths !== undefined && { styleScale: hundredths / 100 }),
    },
  );
}

/** The smallest whole number from `least` to a million that suits, by bisection; undefined where none does. */
function smallestWhole(least: number, suits: (count: number) => boolean): number | undefined {
  let [low, high] = [least - 1, 1_000_000];
  if (!suits(high)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (suits(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function totalArea({ size, styleSizes }: ScaleSizes): number {
  return [size, ...styleSizes].reduce((sum, each) => sum + area(each), 0);
}
