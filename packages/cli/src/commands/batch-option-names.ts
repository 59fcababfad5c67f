import { sharedOptions, singlePictureOptions } from "../options.js";

/** The options that are about one picture, or that a batch words in another way. */
const ofOnePicture = [...singlePictureOptions, "--force", "--style-blend", "--content-mask", "--style-mask"];

/** The options of the main command that a batch has too. */
export const batchOptions: readonly string[] = sharedOptions.filter((name) => !ofOnePicture.includes(name));
