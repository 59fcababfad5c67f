import { basename, dirname, extname, join } from "node:path";

/** So that names of very long inputs still make a file name. */
const longestStem = 60;

/**
 * The name of a painting whose user gave none: "photo-starry-night.png" of photo.jpg and starry-night.jpg, in the
 * current folder.
 *
 * @param inputs the content, then the styles; "-" is the standard input
 * @param extension with its dot
 */
export function defaultOutputName(inputs: readonly string[], extension: string): string {
  const stems = inputs.map((input) =>
    input === "-" ? "stdin" : basename(input, extname(input)).slice(0, longestStem),
  );
  return `${stems.join("-")}${extension}`;
}

/**
 * The name of the picture after a step: "out-0050.png" of out.png.
 *
 * @param index 0: the picture that the run starts from
 * @param total steps of the run; the names of all its pictures sort in their order
 */
export function intermediateName(output: string, index: number, total: number): string {
  const extension = extname(output);
  const digits = Math.max(4, String(total).length);
  const number = String(index).padStart(digits, "0");
  return join(dirname(output), `${basename(output, extension)}-${number}${extension}`);
}
