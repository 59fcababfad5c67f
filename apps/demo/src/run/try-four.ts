import { addedLosses } from "../settings/added-losses.js";
import { settings, size } from "../settings/current.js";
import { recipeOfSettings } from "../settings/recipe-of-settings.js";
import { fourVariants, inSmall } from "../settings/variants.js";
import { freshRun } from "./run.js";
import { abandon, announce, during, paintRecipe, phase, run, sourcesNow, start } from "./session.js";
import { type Try, tries } from "./tries.js";

/** Paints four small pictures, one after another, with variants of the settings. */
export async function tryFour(): Promise<void> {
  const sources = sourcesNow();
  if (sources === undefined) return;
  const added = addedLosses.peek();
  const longest = size.peek();
  const variants = fourVariants(settings.peek());
  await during(async () => {
    tries.value = variants;
    for (const [i, variant] of variants.entries()) {
      run.value = { ...freshRun, part: { number: i + 1, of: variants.length } };
      const small = inSmall(variant.settings, longest);
      const recipe = recipeOfSettings(small.settings, small.size, added);
      await paintRecipe(sources, recipe, small.settings, (picture) => {
        tries.value = tries.peek()?.map((one, at) => (at === i ? { ...one, picture } : one));
      });
      if (phase.peek() === "stopping") break;
    }
    phase.value = "ready";
    announce("The pictures are painted. Choose one to paint it large.");
  });
}

/** Takes over the settings of a picture that was tried, and paints it large. */
export async function choose({ settings: chosen }: Try): Promise<void> {
  await abandon();
  settings.value = chosen;
  await start();
}

/** Puts the tried pictures away. */
export async function closeTries(): Promise<void> {
  await abandon();
  tries.value = undefined;
}
