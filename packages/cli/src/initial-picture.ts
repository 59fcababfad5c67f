import { type Optimizer, type Picture, type Recipe, type StylizeOptions, stylize } from "@brushwork/core";
import { settings } from "@brushwork/recipes";

/** Leaves the image as it is. */
const still: Optimizer<void> = {
  name: "still",
  init: () => undefined,
  step: (image) => ({ image, state: undefined }),
};

/** The picture that a run starts from: what one step that moves nothing shows, at a loss that needs no network. */
export async function initialPicture(options: StylizeOptions, recipe: Recipe): Promise<Picture> {
  const { terms } = settings({ ...recipe, terms: [{ name: "tv", weight: 0, options: {} }] });
  const scales = recipe.scales.slice(0, 1).map(({ size }) => ({ size, steps: 1 }));
  const result = await stylize({ ...options, terms, scales, optimizer: still }).next();
  if (result.done) return result.value;
  return result.value.picture();
}
