import { encodePicture } from "@brushwork/backend-web";
import { fileName } from "./file-name.js";
import { announce, failWith, result } from "./session.js";

/** Whether the browser can encode films. */
export const canFilm = "VideoEncoder" in globalThis;

/** Saves the picture with its recipe inside, as a download. */
export async function savePicture(type: "png" | "jpeg"): Promise<void> {
  const painted = result.peek();
  if (painted === undefined) return;
  try {
    const { picture, recipe } = painted;
    const blob = await encodePicture(picture, type, { recipe });
    download(blob, type === "png" ? "png" : "jpg");
    announce("The picture is saved.");
  } catch (error) {
    failWith(error);
  }
}

/** Saves the run as a film. */
export async function saveFilm(): Promise<void> {
  const painted = result.peek();
  if (painted === undefined) return;
  try {
    // Large and seldom needed.
    const { film } = await import("./film.js");
    const { blob, extension } = await film(painted.picture.width, painted.picture.height);
    download(blob, extension);
    announce("The film is saved.");
  } catch (error) {
    failWith(error);
  }
}

function download(blob: Blob, extension: string): void {
  const painted = result.peek();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName(painted?.photograph ?? "", painted?.painting ?? "", extension);
  link.click();
  // The browser reads the address a moment after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
