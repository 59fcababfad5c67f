import { readPicture } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { signal } from "@preact/signals";
import { sentenceOf } from "../sentence.js";
import { type GalleryPicture, gallery, type Role } from "./gallery.js";

/** A picture that was chosen for a role. */
export interface Chosen {
  readonly picture: Picture;
  readonly title: string;
  readonly credit?: string;
  /** Name of the picture in the gallery. */
  readonly name?: string;
  /** What the file lacks, though it was read. */
  readonly warning?: string;
}

/** Longer side of the pictures that are kept: more than any size that can be painted. */
const longestSide = 2048;

export const chosen = {
  photograph: signal<Chosen | undefined>(undefined),
  painting: signal<Chosen | undefined>(undefined),
};
export const problems = {
  photograph: signal<string | undefined>(undefined),
  painting: signal<string | undefined>(undefined),
};
/** The slot for a picture that is pasted. */
export const lastUsed = signal<Role>("photograph");

/** Number of the latest request for each role: a slow picture must not replace a later one. */
const requests = { photograph: 0, painting: 0 };

/** Chooses a file that was picked, dropped, pasted or captured. If it is not a picture, the previous one stays. */
export function chooseFile(role: Role, file: Blob, title: string): Promise<void> {
  lastUsed.value = role;
  return choose(role, async () => ({ ...(await decoded(file)), title }));
}

export function chooseFromGallery(
  role: Role,
  { name, title, credit, address }: GalleryPicture,
): Promise<void> {
  return choose(role, async () => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`The picture did not load (status ${response.status}). Try again.`);
    return { ...(await decoded(await response.blob())), title, credit, name };
  });
}

export function galleryPicture(role: Role, name: string | undefined): GalleryPicture {
  const pictures: readonly GalleryPicture[] = gallery[role];
  return pictures.find((picture) => picture.name === name) ?? gallery[role][0];
}

async function decoded(blob: Blob): Promise<Pick<Chosen, "picture" | "warning">> {
  let warning: string | undefined;
  const picture = await readPicture(blob, {
    longest: longestSide,
    onWarning: (sentence) => {
      warning = sentence;
    },
  });
  return { picture, ...(warning !== undefined && { warning }) };
}

async function choose(role: Role, load: () => Promise<Chosen>): Promise<void> {
  const request = ++requests[role];
  try {
    const picture = await load();
    if (request !== requests[role]) return;
    chosen[role].value = picture;
    problems[role].value = picture.warning;
  } catch (error) {
    if (request === requests[role]) problems[role].value = sentenceOf(error);
  }
}
