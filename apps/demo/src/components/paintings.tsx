import { addPainting, paintings, removePainting } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { mostPaintings } from "../settings/settings.js";
import { Icon } from "./icon.js";
import { Slot } from "./slot.js";
import { WhereItActs } from "./where-it-acts.js";

/** The paintings, each with where it acts. */
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
            <WhereItActs place={place} heading={heading} />
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
