import { readPicture } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { type Signal, signal } from "@preact/signals";
import type { Mask } from "../masks/mask.js";
import { sentenceOf } from "../sentence.js";
import { mostPaintings } from "../settings/settings.js";
import { type GalleryPicture, gallery, type Role } from "./gallery.js";

/** A picture that was chosen for a place. */
interface Chosen {
  readonly picture: Picture;
  readonly title: string;
  readonly credit?: string;
  /** Name of the picture in the gallery. */
  readonly name?: string;
  /** What the file lacks, though it was read. */
  readonly warning?: string;
}

/** A place for a picture. */
export interface Place {
  readonly role: Role;
  readonly chosen: Signal<Chosen | undefined>;
  /** Why the latest picture was not taken, or what it lacks. */
  readonly problem: Signal<string | undefined>;
}

/** The place of a painting. */
export interface PaintingPlace extends Place {
  /** Unlike any other's. */
  readonly id: number;
  /** How much it counts beside the other paintings, in relation to their weights; at least 0. */
  readonly weight: Signal<number>;
  /** Where in the photograph the painting acts. */
  readonly contentMask: MaskPlace;
  /** Which part of the painting counts; another painting in its place starts without. */
  readonly styleMask: MaskPlace;
}

/** A place for a mask. */
export interface MaskPlace {
  /** Undefined: none, so everything counts. */
  readonly mask: Signal<Mask | undefined>;
  /** Whether a link was made with a mask here, which has to be painted again: a link does not carry it. */
  readonly missing: Signal<boolean>;
}

/** Longer side of the pictures that are kept: more than any size that can be painted. */
const longestSide = 2048;

let nextId = 0;

export const photograph: Place = placeFor("photograph");
/** At least one. */
export const paintings = signal<readonly PaintingPlace[]>([paintingPlace()]);

/** The place for a picture that is pasted. */
export const lastUsed = signal<Place>(photograph);

/** Number of the latest request for each place: a slow picture must not replace a later one. */
const requests = new WeakMap<Place, number>();

function placeFor(role: Role): Place {
  return { role, chosen: signal(undefined), problem: signal(undefined) };
}

function paintingPlace(): PaintingPlace {
  return {
    id: nextId++,
    ...placeFor("painting"),
    weight: signal(1),
    contentMask: maskPlace(),
    styleMask: maskPlace(),
  };
}

function maskPlace(): MaskPlace {
  return { mask: signal(undefined), missing: signal(false) };
}

/** The paintings' weights, in their order; none where they count equally. */
export function paintingWeights(): readonly number[] {
  const weights = paintings.peek().map(({ weight }) => weight.peek());
  return weights.length > 1 && weights.some((weight) => weight !== 1) ? weights : [];
}

/** Adds the first painting of the gallery that is not there yet. */
export function addPainting(): void {
  const there = paintings.peek();
  if (there.length >= mostPaintings) return;
  const names = new Set(there.map(({ chosen }) => chosen.peek()?.name));
  const another = gallery.painting.find(({ name }) => !names.has(name)) ?? gallery.painting[0];
  const place = paintingPlace();
  paintings.value = [...there, place];
  void chooseFromGallery(place, another);
}

export function removePainting(place: Place): void {
  paintings.value = paintings.peek().filter((one) => one !== place);
  if (lastUsed.peek() === place) lastUsed.value = photograph;
}

/** Adds places for paintings, empty, or removes paintings at the end. */
export function setPaintingCount(count: number): void {
  const missing = Math.max(0, count - paintings.peek().length);
  paintings.value = [...paintings.peek(), ...Array.from({ length: missing }, paintingPlace)];
  for (const place of paintings.peek().slice(count)) removePainting(place);
}

/** The titles of all paintings as one; undefined until each of them is open. */
export function titleOfPaintings(): string | undefined {
  const titles = paintings.value.map(({ chosen }) => chosen.value?.title);
  return titles.includes(undefined) ? undefined : titles.join(" and ");
}

/** Chooses a file that was picked, dropped, pasted or captured. If it is not a picture, the previous one stays. */
export function chooseFile(place: Place, file: Blob, title: string): Promise<void> {
  lastUsed.value = place;
  return choose(place, async () => ({ ...(await decoded(file)), title }));
}

export function chooseFromGallery(
  place: Place,
  { name, title, credit, address }: GalleryPicture,
): Promise<void> {
  return choose(place, async () => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`The picture did not load (status ${response.status}). Try again.`);
    return { ...(await decoded(await response.blob())), title, credit, name };
  });
}

/** The gallery's picture with a name, or else the one for a place: the first painting's is the first. */
export function galleryPicture(role: Role, name: string | undefined, index: number): GalleryPicture {
  const pictures: readonly GalleryPicture[] = gallery[role];
  return pictures.find((picture) => picture.name === name) ?? pictures[index] ?? gallery[role][0];
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

async function choose(place: Place, load: () => Promise<Chosen>): Promise<void> {
  const request = (requests.get(place) ?? 0) + 1;
  requests.set(place, request);
  const isLatest = () => requests.get(place) === request;
  try {
    const picture = await load();
    if (!isLatest()) return;
    place.chosen.value = picture;
    for (const painting of paintings.peek())
      if (painting === place) painting.styleMask.mask.value = undefined;
    place.problem.value = picture.warning;
  } catch (error) {
    if (isLatest()) place.problem.value = sentenceOf(error);
  }
}
