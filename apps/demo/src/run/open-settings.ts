import { signal } from "@preact/signals";
import { machine } from "#machine";
import { chooseFromGallery, galleryPicture, paintings, setPaintingCount } from "../pictures/chosen.js";
import { sentenceOf } from "../sentence.js";
import { setLosses } from "../settings/added-losses.js";
import { settings } from "../settings/current.js";
import { beyondPage, settingsOfRecipe } from "../settings/recipe-of-settings.js";
import type { Opened } from "../settings/settings.js";
import { haveWeights, weightsWanted } from "../weights/weights.js";
import { isRunning } from "./run.js";
import { phase } from "./session.js";

/** Why the latest picture's settings were not taken. */
export const openProblem = signal<string | undefined>(undefined);

/** Number of the latest picture: another may be chosen while one is read. */
let latest = 0;

/** Takes over the settings that a picture was painted with. If it carries none, the settings stay. */
export async function openSettings(file: File): Promise<void> {
  const request = ++latest;
  openProblem.value = undefined;
  try {
    const recipe = await machine.readRecipe(file);
    if (request !== latest || isRunning(phase.peek())) return;
    if (recipe === undefined)
      throw new Error(
        `The picture ${file.name} carries no settings: only pictures that Brushwork painted do, and only while no ` +
          "other program has written them again.",
      );
    await take({ title: file.name, recipe });
  } catch (error) {
    if (request === latest) openProblem.value = sentenceOf(error);
  }
}

async function take(opened: Opened): Promise<void> {
  const { styles } = opened.recipe;
  const reason = beyondPage(opened.recipe);
  if (reason !== undefined) throw new Error(`The picture ${opened.title} ${reason}`);
  settings.value = settingsOfRecipe(opened, settings.peek());
  setLosses([]);
  if (styles !== undefined) setPaintingCount(styles.length);
  for (const [i, place] of paintings.peek().entries()) {
    const { chosen, weight, contentMask, styleMask } = place;
    weight.value = styles?.[i]?.weight ?? 1;
    contentMask.missing.value = styles?.[i]?.contentMask === true && contentMask.mask.peek() === undefined;
    styleMask.missing.value = styles?.[i]?.styleMask === true && styleMask.mask.peek() === undefined;
    if (chosen.peek() === undefined) void chooseFromGallery(place, galleryPicture(place.role, undefined, i));
  }
  if (settings.peek().network === "compact" || (await haveWeights())) return;
  // A picture must not start a download of this size.
  settings.value = { ...settings.peek(), network: "compact" };
  weightsWanted.value = true;
}
