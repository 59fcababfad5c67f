import { sharedOptions } from "../options.js";

/** The options that are about one picture, or that a batch words in another way. */
const ofOnePicture = [
  "--output",
  "--force",
  "--save-every",
  "--frames",
  "--timelapse",
  "--open",
  "--save-recipe",
  "--checkpoint",
  "--no-checkpoint",
  "--style-blend",
  "--content-mask",
  "--style-mask",
];

/** The options of the main command that a batch has too. */
export const batchOptions: readonly string[] = sharedOptions.filter((name) => !ofOnePicture.includes(name));
