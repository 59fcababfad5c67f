import { addPainting, paintings, removePainting } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { blendPlaces, mostPaintings, placeOfWeight, weightAt } from "../settings/settings.js";
import { Icon } from "./icon.js";
import { MaskField } from "./mask-field.js";
import { Slider } from "./slider.js";
import { Slot } from "./slot.js";

/** The paintings, each with its weight beside others and its masks. */
export function Paintings() {
  const places = paintings.value;
  const running = isRunning(phase.value);
  return (
    <>
      {places.map((place, i) => {
        const heading = i === 0 ? "Painting" : `Painting ${i + 1}`;
        return (
          <Slot
            key={place.id}
            of={place}
            heading={heading}
            purpose="how to paint it"
            onRemove={places.length > 1 && !running ? () => removePainting(place) : undefined}
          >
            {places.length > 1 && (
              <Slider
                label="Weight"
                range={blendPlaces}
                value={placeOfWeight(place.weight.value)}
                shown={`${place.weight.value}×`}
                ends={["Less of it", "More of it"]}
                disabled={running}
                onInput={(position) => {
                  place.weight.value = weightAt(position);
                }}
              />
            )}
            <MaskField place={place} kind="contentMask" heading={heading} />
            <MaskField place={place} kind="styleMask" heading={heading} />
          </Slot>
        );
      })}
      {places.length < mostPaintings && (
        <button type="button" class="add-painting" disabled={running} onClick={addPainting}>
          <Icon name="plus" /> Add a painting
        </button>
      )}
    </>
  );
}
