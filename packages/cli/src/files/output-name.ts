import { basename, extname } from "node:path";
import { joinedName, nameBeside, type PictureFormat } from "@brushwork/backend-node";

/** How the names of pictures end, with the dot. */
export const pictureExtensions: Readonly<Record<PictureFormat, string>> = {
  png: ".png",
  jpeg: ".jpg",
  webp: ".webp",
  tiff: ".tiff",
};

/** Characters, as people see them, that are kept of each input's name. */
const longestStem = 60;

const characters = new Intl.Segmenter();

/**
 * The name of a painting whose user gave none: "photo-starry-night.png" of photo.jpg and starry-night.jpg, in the
 * current folder. It is at most 255 bytes long.
 *
 * @param inputs the content, then the styles; "-" is the standard input
 * @param extension with its dot
 */
export function defaultOutputName(inputs: readonly string[], extension: string): string {
  const stems = inputs.map((input) => (input === "-" ? "stdin" : basename(input, extname(input))));
  return joinedName(stems.map(beginning), extension);
}

/**
 * The name of the picture after a step: "out-0050.png" of out.png.
 *
 * @param index 0: the picture that the run starts from
 * @param total steps of the run; the names of all its pictures sort in their order
 */
export function intermediateName(output: string, index: number, total: number): string {
  return nameBeside(output, `-${padded(index, Math.max(4, String(total).length))}`);
}

/** The name of a film's frame, "frame-00012.png"; video encoders find it by the pattern frame-%05d.png. */
export function frameName(number: number, extension: string): string {
  return `frame-${padded(number, 5)}${extension}`;
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}

function beginning(stem: string): string {
  return Array.from(characters.segment(stem), ({ segment }) => segment)
    .slice(0, longestStem)
    .join("");
}
