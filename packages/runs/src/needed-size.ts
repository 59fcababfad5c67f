import type { Picture, Scale } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** The size of a picture, upright. */
export type PictureSize = Pick<Picture, "width" | "height">;

/** What a picture is in a run. */
export type Role = "content" | "style" | "init";

/** How much larger than needed a picture is read: it is resampled once more, to the size of each scale. */
const reserve = 2;

/** Pictures are not read smaller than this: it takes no time to speak of, and small pictures stay as they are. */
const leastPixels = 2 ** 20;

/** How much larger still it may be read, to keep its shape. */
const tolerance = 1.25;

/**
 * The longer side that a run needs of a picture, as a function of the picture's own size. It is at least twice that of
 * any scale, and chosen so that the smaller picture has the same shape, to a fraction of a pixel of any scale.
 */
export function neededSide(recipe: Recipe, role: Role): (own: PictureSize) => number {
  const { scales, styleScale, init } = recipe;
  return (own) => {
    const longer = Math.max(own.width, own.height);
    const factor = Math.max(...scales.map(({ size }) => factorFor(own, size)));
    const least = longer * Math.max(reserve * factor, Math.sqrt(leastPixels / area(own)));
    return tolerance * least < longer ? sameShape(own, Math.ceil(least)) : longer;
  };

  /** The factor by which the picture is resampled to a scale. */
  function factorFor(own: PictureSize, size: Scale["size"]): number {
    const filling = covering(own, typeof size === "number" ? [size, size] : size);
    const fitting = typeof size === "number" ? size / Math.max(own.width, own.height) : filling;
    if (role === "content") return fitting;
    if (role === "init") return filling;
    // Where the run starts from it, it takes the content's shape.
    return Math.max(styleScale * fitting, init === "style" ? filling : 0);
  }
}

/** The factor by which a picture just fills a box. */
function covering({ width, height }: PictureSize, [wide, high]: readonly [number, number]): number {
  return Math.max(wide / width, high / height);
}

/** The longer side, from the least on, at which the shorter side is nearest to a whole number of pixels. */
function sameShape({ width, height }: PictureSize, least: number): number {
  const shape = Math.min(width, height) / Math.max(width, height);
  let [best, smallest] = [least, Number.POSITIVE_INFINITY];
  for (let side = least; side <= tolerance * least && smallest > 0; side++) {
    const error = Math.abs(Math.round(shape * side) / side - shape);
    if (error < smallest) [best, smallest] = [side, error];
  }
  return best;
}

function area({ width, height }: PictureSize): number {
  return width * height;
}
