import { useSignal } from "@preact/signals";
import { shareOf } from "../masks/mask.js";
import { type PaintingPlace, paintings, photograph } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { Icon } from "./icon.js";
import { MaskCanvas } from "./mask-canvas.js";
import { MaskDialog } from "./mask-dialog.js";
import { PictureCanvas } from "./picture-canvas.js";

/** Where in the photograph a painting acts, and the ways to change that. @param heading of the painting's slot */
export function WhereItActs({ place, heading }: { readonly place: PaintingPlace; readonly heading: string }) {
  const open = useSignal(false);
  const running = isRunning(phase.value);
  const mask = place.mask.value;
  const picture = photograph.chosen.value?.picture;
  const everywhere = () => {
    place.mask.value = undefined;
    place.maskMissing.value = false;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset needs a legend that shows.
    <div class="where" role="group" aria-label={`Where it acts: ${heading}`}>
      {mask && picture && (
        <div class="where-picture" style={{ "--ratio": picture.width / picture.height }}>
          <PictureCanvas picture={picture} label={`Where it acts: ${heading}`} />
          <MaskCanvas mask={mask} painting={paintings.value.indexOf(place)} />
        </div>
      )}
      {place.maskMissing.value ? (
        <p class="problem">
          The link was made with a mask here, which it does not carry: paint or load one, or choose
          Everywhere.
        </p>
      ) : (
        <p class="hint">
          {mask ? `Acts in ${Math.round(100 * shareOf(mask))} % of the photograph.` : "Acts everywhere."}
        </p>
      )}
      <div class="where-buttons">
        <button
          type="button"
          class="quiet"
          disabled={running || picture === undefined}
          onClick={() => {
            open.value = true;
          }}
        >
          <Icon name="brush" /> {mask ? "Change" : "Choose where"}
        </button>
        {(mask !== undefined || place.maskMissing.value) && (
          <button type="button" class="quiet" disabled={running} onClick={everywhere}>
            Everywhere
          </button>
        )}
      </div>
      {open.value && (
        <MaskDialog
          place={place}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </div>
  );
}
