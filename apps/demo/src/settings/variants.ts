import { fixedSize } from "./recipe-of-settings.js";
import { type Range, ranges, type Settings } from "./settings.js";

/** Settings that differ in one respect or two, and what sets them apart. */
export interface Variant {
  readonly label: string;
  readonly settings: Settings;
}

/** How far the variants are from the settings: style weighs four times more or less against content. */
const balanceBy = 40;
/** Strokes are twice or half as broad. */
const strokesBy = 4;

/**
 * Four variants of the settings: nearer to the photograph or to the painting, with finer or broader strokes. Where the
 * preset does not let strokes change, four degrees from the photograph to the painting.
 */
export function fourVariants(settings: Settings): readonly Variant[] {
  const { balance, strokes } = settings;
  if (fixedSize(settings) !== undefined)
    return around(balance, ranges.balance, 1.5 * balanceBy, [-1, -1 / 3, 1 / 3, 1]).map((value, i) => ({
      label:
        ["Near the photograph", "Toward the photograph", "Toward the painting", "Near the painting"][i] ?? "",
      settings: { ...settings, balance: value },
    }));
  const breadths = around(strokes, ranges.strokes, strokesBy, [-1, 1]);
  return around(balance, ranges.balance, balanceBy, [-1, 1]).flatMap((weight, i) =>
    breadths.map((breadth, j) => ({
      label: `${j === 0 ? "Finer" : "Broader"} strokes, nearer the ${i === 0 ? "photograph" : "painting"}`,
      settings: { ...settings, balance: weight, strokes: breadth },
    })),
  );
}

/** Longer side of the pictures that are tried, as in a sweep of the command. */
const trySize = 256;

/** Enough to tell four pictures apart. */
const trySteps = 60;

/** The settings and the longer side with which a variant is tried: small, and with few steps. */
export function inSmall(
  settings: Settings,
  size: number,
): { readonly settings: Settings; readonly size: number } {
  return {
    settings: { ...settings, steps: Math.min(trySteps, settings.steps) },
    size: Math.min(trySize, size),
  };
}

/** Values on both sides of a setting, moved so that all of them are in its range. */
function around(
  value: number,
  { min, max }: Range,
  by: number,
  shares: readonly number[],
): readonly number[] {
  const middle = Math.min(max - by, Math.max(min + by, value));
  return shares.map((share) => middle + by * share);
}
