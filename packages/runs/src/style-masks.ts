import { OptionError, type Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** The masks of a style: grey pictures, on which black is nothing, white everything, and transparent as black. */
export interface StyleMasks<Source> {
  /** Where in the picture the style acts. Absent: everywhere. */
  readonly content?: Source;
  /** Which part of the style's picture counts. Absent: all of it. */
  readonly style?: Source;
}

/**
 * A recipe that says which styles have masks.
 *
 * @param masks those that are given, in the order of the styles
 * @param weights those of the styles, if the recipe has them
 * @param count the number of styles
 * @throws {OptionError} when a mask is missing that the recipe was painted with, or there are more masks than styles
 */
export function withMasks(
  recipe: Recipe,
  masks: readonly StyleMasks<unknown>[],
  weights: readonly number[],
  count: number,
): Recipe {
  if (masks.length > count)
    throw new OptionError(
      `Expected masks for at most as many styles as there are, ${count}, got those of ${masks.length}.`,
    );
  const asked = recipe.styles?.length === count ? recipe.styles : [];
  for (const [i, { contentMask, styleMask }] of asked.entries()) {
    if (contentMask && masks[i]?.content === undefined) throw missing("content", i);
    if (styleMask && masks[i]?.style === undefined) throw missing("style", i);
  }
  if (masks.every(({ content, style }) => content === undefined && style === undefined)) return recipe;
  const styles = Array.from({ length: count }, (_, i) => ({
    weight: weights[i] ?? 1,
    ...(masks[i]?.content !== undefined && { contentMask: true }),
    ...(masks[i]?.style !== undefined && { styleMask: true }),
  }));
  return { ...recipe, styles };
}

function missing(which: "content" | "style", index: number): OptionError {
  return new OptionError(
    `Expected the ${which} mask of style ${index + 1}, which the recipe was painted with, got none: give it, or leave ` +
      `${which}Mask out of recipe.styles.`,
  );
}

/** Whether a mask has another shape than its picture, beyond what a size in whole pixels leaves open. */
export function isStretched(mask: Picture, picture: Picture): boolean {
  const width = (mask.height * picture.width) / picture.height;
  const height = (mask.width * picture.height) / picture.width;
  return Math.abs(mask.width - width) > 1 && Math.abs(mask.height - height) > 1;
}
