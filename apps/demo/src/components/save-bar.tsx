import { useSignal } from "@preact/signals";
import { type MaskPlace, paintings, paintingWeights, photograph } from "../pictures/chosen.js";
import { frameCount } from "../run/frames.js";
import { isRunning } from "../run/run.js";
import { canFilm, saveFilm, savePicture } from "../run/save.js";
import { announce, phase, result } from "../run/session.js";
import { addedLosses } from "../settings/added-losses.js";
import { settings } from "../settings/current.js";
import { hashOf, recipeField } from "../settings/link.js";
import { hasLoss } from "../settings/recipe-of-settings.js";
import { Icon } from "./icon.js";

/** Buttons that save the picture or share the settings. */
export function SaveBar() {
  const filming = useSignal(false);
  const link = useSignal<string | undefined>(undefined);
  const copied = useSignal(false);
  const nothing = result.value === undefined;
  const { opened } = settings.value;
  const isTooLong = opened !== undefined && recipeField(opened.recipe) === undefined;

  const copyLink = async () => {
    const address = `${location.origin}${location.pathname}#${linkHash()}`;
    try {
      await navigator.clipboard.writeText(address);
      copied.value = true;
      announce("The link is copied.");
      setTimeout(() => {
        copied.value = false;
      }, 2000);
    } catch {
      link.value = address;
    }
  };
  const film = async () => {
    filming.value = true;
    await saveFilm();
    filming.value = false;
  };

  return (
    <div class="save-bar">
      <button type="button" disabled={nothing} onClick={() => void savePicture("png")}>
        <Icon name="save" /> Save PNG
      </button>
      <button type="button" disabled={nothing} onClick={() => void savePicture("jpeg")}>
        <Icon name="save" /> Save JPEG
      </button>
      {canFilm && (
        <button
          type="button"
          disabled={nothing || isRunning(phase.value) || filming.value || frameCount.value < 2}
          onClick={() => void film()}
        >
          <Icon name="film" /> {filming.value ? "Making the film…" : "Save film"}
        </button>
      )}
      <button
        type="button"
        disabled={isTooLong}
        title={
          isTooLong
            ? "The recipe of that picture is too long for a link; the picture that you save carries it."
            : undefined
        }
        onClick={() => void copyLink()}
      >
        <Icon name="link" /> {copied.value ? "Copied" : "Copy link"}
      </button>
      {link.value !== undefined && (
        <label class="link">
          <span>Copy this link</span>
          <input readOnly value={link.value} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
    </div>
  );
}

/** The link's hash. The visitor's own pictures stay out of it. */
function linkHash(): string {
  const places = paintings.peek();
  return hashOf({
    settings: settings.peek(),
    losses: addedLosses.peek().filter(({ loss }) => !hasLoss(settings.peek(), loss)),
    photograph: photograph.chosen.peek()?.name,
    paintings: places.map(({ chosen }) => chosen.peek()?.name),
    weights: paintingWeights(),
    masks: masked(places.map(({ contentMask }) => contentMask)),
    styleMasks: masked(places.map(({ styleMask }) => styleMask)),
  });
}

/** The numbers, from 1, of places with a mask. */
function masked(places: readonly MaskPlace[]): readonly number[] {
  return places.flatMap(({ mask }, i) => (mask.peek() === undefined ? [] : [i + 1]));
}
