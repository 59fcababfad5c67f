import type { Try } from "../run/tries.js";
import { choose, closeTries } from "../run/try-four.js";
import { Icon } from "./icon.js";
import { PictureCanvas } from "./picture-canvas.js";

/** The four pictures that are tried, of which one can be chosen. @param ratio of the photograph's sides */
export function TriesGrid({ tries, ratio }: { readonly tries: readonly Try[]; readonly ratio: number }) {
  return (
    <>
      <ul class="tries" style={{ "--ratio": ratio }} aria-label="Four tries">
        {tries.map((one) => (
          <li key={one.label}>
            <button
              type="button"
              disabled={one.picture === undefined}
              aria-label={`Paint it large: ${one.label}`}
              onClick={() => void choose(one)}
            >
              <span class="try-picture">
                {one.picture ? (
                  <PictureCanvas picture={one.picture} label={`Tried: ${one.label}`} />
                ) : (
                  <span class="hint">To come…</span>
                )}
              </span>
              <span class="try-label">{one.label}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="tools">
        <button
          type="button"
          class="icon-button"
          aria-label="Close the four tries"
          title="Close the four tries"
          onClick={() => void closeTries()}
        >
          <Icon name="close" />
        </button>
      </div>
    </>
  );
}
