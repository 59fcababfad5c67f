import { matchedTo, type Picture, type Plan, placedPicture, withChromaOf } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** A style as a run paints from it: with the content's colours, where its recipe has those matched. */
export function styleOf({ colors }: Recipe, content: Picture, style: Picture): Picture {
  return colors?.keep === "match" ? matchedTo(content, style, colors.strength) : style;
}

/**
 * A function that gives a picture the colours in which a run shows it: with the content's chroma, where its recipe keeps
 * the picture's luma alone. It reads from the device when it meets a scale's first picture.
 *
 * @param scales those that are painted
 * @returns takes the picture, and the number of steps done; 0 for the picture that the run starts from
 */
export function shownColors(
  { colors }: Recipe,
  content: Picture,
  scales: Plan["scales"],
): (picture: Picture, scale: number) => Promise<Picture> {
  if (colors?.keep !== "luma") return async (picture) => picture;
  let placed: { readonly scale: number; readonly picture: Picture } | undefined;
  return async (picture, scale) => {
    const { content: placement } = scales[scale] as Plan["scales"][number];
    if (placed?.scale !== scale) placed = { scale, picture: await placedPicture(content, placement) };
    return withChromaOf(picture, placed.picture, colors.strength);
  };
}
