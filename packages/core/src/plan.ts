import { checkCount, checkWeight } from "./checks.js";
import { OptionError } from "./errors.js";
import { checkFits, type Size, scaled, stepCost } from "./fit.js";
import { isGrey } from "./grey.js";
import type { LossTerm } from "./loss.js";
import { imageLayer, type Network } from "./network.js";
import { networkLayers } from "./objective.js";
import { checkPicture, isVisible, type Picture } from "./picture.js";
import { covering, filling, fittedSize, type Placement, sizeWithin } from "./placement.js";
import { quoted, shown } from "./printable.js";
import { type Fit, fits, type Scale, type StyleSource, type StylizeOptions } from "./run-options.js";

/** What a run will do: the checked options, and its cost. */
export interface Plan {
  /** Those with a weight above 0; the weights sum to 1. */
  readonly styles: readonly { readonly picture: Picture; readonly weight: number }[];
  readonly scales: readonly {
    /** [height, width] of the picture, margin not included. */
    readonly size: Size;
    /** The part of the content that is painted. */
    readonly content: Placement;
    /** [height, width] of each style. */
    readonly styleSizes: readonly Size[];
    readonly steps: number;
  }[];
  /** Pixels painted beyond each side and cut off at the end. */
  readonly margin: number;
  /** Whether content and styles are all grey, and the picture therefore is. */
  readonly grey: boolean;
  /** Peak memory in bytes; absent where the network does not report its cost. */
  readonly bytes?: number;
  /** Floating-point operations of all steps; absent where the network does not report its cost. */
  readonly operations?: number;
}

const defaultScales: readonly Scale[] = [{ size: 512, steps: 300 }];
const defaultMargin = 16;

/**
 * Checks the options of a run and works out what it will do, without allocating anything.
 *
 * @throws {OptionError} when an option is not valid
 * @throws {TypeError} when a picture's size is invalid or its bytes do not match it
 * @throws {NoRoom} when the options are valid but the run does not fit the engine; it names the largest size that does
 */
export function plan(options: StylizeOptions): Plan {
  const { content, network, terms, engine, init = "content" } = options;
  const { scales = defaultScales, margin = defaultMargin, styleScale = 1, seed = 0, fit = "cover" } = options;
  checkVisible("the content", content);
  if (typeof init === "object") checkVisible("the picture to start from", init);
  else if (!["content", "style", "noise"].includes(init))
    throw new OptionError(`Expected init to be content, style, noise or a picture, got ${shown(init)}.`);
  if (!fits.includes(fit))
    throw new OptionError(`Expected fit to be one of ${fits.join(", ")}, got ${shown(fit)}.`);
  const styles = normalisedStyles(options.style);
  checkTerms(terms, network);
  checkCount("a margin", margin, 0);
  checkCount("a seed", seed, 0);
  if (!(styleScale > 0 && Number.isFinite(styleScale)))
    throw new OptionError(`Expected a style scale above 0, got ${styleScale}.`);
  if (scales.length === 0) throw new OptionError("Expected at least one scale, got none.");

  const planned = scales.map(({ size, steps }) => {
    checkCount("the steps of a scale", steps, 1);
    for (const side of typeof size === "number" ? [size] : size) checkCount("a size", side, 1);
    const placed = contentPlacement(content, size, fit);
    const painted: Size = [placed.rows.count, placed.columns.count];
    const longer = typeof size === "number" ? size : Math.max(...painted);
    return {
      size: painted,
      content: placed,
      styleSizes: styles.map(({ picture }) =>
        fit === "stretch" && typeof size !== "number"
          ? scaled(painted, styleScale)
          : fittedSize(picture, Math.max(1, Math.round(longer * styleScale))),
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
    grey: [content, ...styles.map(({ picture }) => picture)].every(isGrey),
    ...(network.cost && {
      bytes: costs.reduce((most, { bytes }) => Math.max(most, bytes), 0),
      operations: planned.reduce((sum, { steps }, i) => sum + steps * (costs[i]?.operations ?? 0), 0),
    }),
  };
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

function normalisedStyles(style: StylizeOptions["style"]): Plan["styles"] {
  const sources: readonly StyleSource[] = "data" in style ? [{ picture: style }] : style;
  if (sources.length === 0) throw new OptionError("Expected at least one style, got none.");
  for (const { picture, weight = 1 } of sources) {
    checkPicture(picture);
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new OptionError(`Expected the weight of a style to be 0 or more, got ${weight}.`);
  }
  // A style without weight is not looked at: the picture is that of a run without it.
  const seen = sources.filter(({ weight }) => weight !== 0);
  if (seen.length === 0) throw new OptionError("Expected a style with a weight above 0, got none.");
  for (const { picture } of seen) checkVisible("a style", picture);
  const total = seen.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return seen.map(({ picture, weight = 1 }) => ({ picture, weight: weight / total }));
}

function checkTerms(terms: readonly LossTerm[], network: Network): void {
  if (terms.length === 0) throw new OptionError("Expected at least one loss term, got none.");
  const names = new Set<string>();
  for (const { name, weight, layers } of terms) {
    if (name === "total")
      throw new OptionError('Expected no loss term to be called "total", which is the name of their sum.');
    if (names.has(name))
      throw new OptionError(`Expected the loss terms' names to differ, got ${quoted(name)} twice.`);
    names.add(name);
    checkWeight(name, weight);
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
    throw new OptionError(
      `Expected ${what} to be at least ${deepest.least} pixels on its shorter side for the layer ` +
        `${deepest.layer}, got ${width}×${height}: choose a larger size or shallower layers.`,
    );
}
