import { useSignal } from "@preact/signals";
import { shareOf } from "../masks/mask.js";
import { type PaintingPlace, paintings, photograph } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { Icon } from "./icon.js";
import { MaskCanvas } from "./mask-canvas.js";
import { MaskDialog } from "./mask-dialog.js";
import { type MaskKind, maskWords } from "./mask-words.js";
import { PictureCanvas } from "./picture-canvas.js";

interface MaskFieldProps {
  readonly place: PaintingPlace;
  readonly kind: MaskKind;
  /** That of the painting's slot. */
  readonly heading: string;
}

/** One of a painting's masks, and the ways to change it. */
export function MaskField({ place, kind, heading }: MaskFieldProps) {
  const open = useSignal(false);
  const running = isRunning(phase.value);
  const words = maskWords[kind];
  const { mask: there, missing } = place[kind];
  const mask = there.value;
  const { chosen } = words.over === "photograph" ? photograph : place;
  const picture = chosen.value?.picture;
  const label = `${words.group}: ${heading}`;
  const clear = () => {
    there.value = undefined;
    missing.value = false;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset needs a legend that shows.
    <div class="mask-field" role="group" aria-label={label}>
      {mask && picture && (
        <div class="masked-picture" style={{ "--ratio": picture.width / picture.height }}>
          <PictureCanvas picture={picture} label={label} />
          <MaskCanvas mask={mask} painting={paintings.value.indexOf(place)} />
        </div>
      )}
      {missing.value ? (
        <p class="problem">
          The link was made with a mask here, which it does not carry: paint or load one, or choose{" "}
          {words.clear}.
        </p>
      ) : (
        <p class="hint">{mask ? words.part(Math.round(100 * shareOf(mask))) : words.whole}</p>
      )}
      <div class="mask-buttons">
        <button
          type="button"
          class="quiet"
          disabled={running || picture === undefined}
          onClick={() => {
            open.value = true;
          }}
        >
          <Icon name="brush" /> {mask ? "Change" : words.choose}
        </button>
        {(mask !== undefined || missing.value) && (
          <button type="button" class="quiet" disabled={running} onClick={clear}>
            {words.clear}
          </button>
        )}
      </div>
      {open.value && picture && (
        <MaskDialog
          place={place}
          kind={kind}
          picture={picture}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </div>
  );
}
