import { kindBytes, type PictureKind, pictureKind } from "@brushwork/recipes";

export type { PictureKind };

/** The kinds that every browser decodes. */
export const decodable: readonly PictureKind[] = ["JPEG", "PNG", "WebP", "AVIF", "GIF"];

/** What a file is by its content, whatever its name says; undefined: none of the kinds that we know. */
export async function kindOf(file: Blob): Promise<PictureKind | undefined> {
  return pictureKind(new Uint8Array(await file.slice(0, kindBytes).arrayBuffer()));
}

export async function isSvg(file: Blob): Promise<boolean> {
  return (await kindOf(file)) === "SVG";
}
