import type { LossDescription } from "@brushwork/backend-web";
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import {
  addedLosses,
  askForLosses,
  changeLoss,
  known,
  knownProblem,
  lossSetting,
} from "../settings/added-losses.js";
import { settings } from "../settings/current.js";
import { optionsOf, withOption } from "../settings/loss-options.js";
import { hasLoss } from "../settings/recipe-of-settings.js";
import { placeOfWeight, weightAt, weightPlaces } from "../settings/settings.js";
import { OptionField } from "./loss-option.js";
import { Slider } from "./slider.js";
import { Switch } from "./switch.js";

const figure = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

/** The losses that the preset lacks, as the worker describes them. */
export function MoreLosses({ disabled }: { readonly disabled: boolean }) {
  const losses = known.value?.losses.filter(({ name }) => !hasLoss(settings.value, name));
  const details = useRef<HTMLDetailsElement>(null);
  // A link's losses are shown.
  useSignalEffect(() => {
    if (addedLosses.value.length > 0 && details.current !== null) details.current.open = true;
  });
  return (
    <details
      ref={details}
      class="more"
      onToggle={(event) => {
        if (event.currentTarget.open) void askForLosses();
      }}
    >
      <summary>More losses</summary>
      {knownProblem.value !== undefined ? (
        <p class="problem" role="alert">
          {knownProblem.value}
        </p>
      ) : (
        <p class="hint">
          {losses === undefined
            ? "Loading the list…"
            : "More goals for the painting, in addition to those of the preset. You can change their weights while it paints."}
        </p>
      )}
      {losses?.map((loss) => (
        <Loss key={loss.name} loss={loss} disabled={disabled} />
      ))}
    </details>
  );
}

function Loss({ loss, disabled }: { readonly loss: LossDescription; readonly disabled: boolean }) {
  const { added, weight, options } = lossSetting(loss);
  return (
    <fieldset class="loss" aria-label={loss.name}>
      <Switch
        label={loss.name}
        checked={added}
        hint={loss.description}
        disabled={disabled}
        onChange={(checked) => changeLoss(loss, { added: checked })}
      />
      {added && (
        <>
          <Slider
            label="Weight"
            range={weightPlaces}
            value={placeOfWeight(weight)}
            shown={figure.format(weight)}
            onInput={(place) => changeLoss(loss, { weight: weightAt(place) })}
          />
          {optionsOf(loss.options).map((option) => (
            <OptionField
              key={option.name}
              option={option}
              chosen={options[option.name]}
              layers={["image", ...(known.value?.layers[settings.value.network] ?? [])]}
              disabled={disabled}
              onChange={(value) =>
                changeLoss(loss, { options: withOption(loss.options, options, option.name, value) })
              }
            />
          ))}
        </>
      )}
    </fieldset>
  );
}
