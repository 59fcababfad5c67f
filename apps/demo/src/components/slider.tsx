import { useId } from "preact/hooks";
import type { Range } from "../settings/settings.js";
import { describedBy, Hint } from "./hint.js";

interface SliderProps {
  readonly label: string;
  readonly range: Range;
  readonly value: number;
  /** The value as it is shown. */
  readonly shown: string;
  readonly ends?: readonly [string, string];
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly onInput: (value: number) => void;
}

export function Slider({ label, range, value, shown, ends, hint, disabled = false, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {/* Screen readers get the value from the control itself. */}
      <output for={id} aria-live="off">
        {shown}
      </output>
      <input
        id={id}
        type="range"
        min={range.min}
        max={range.max}
        step={range.step}
        value={value}
        disabled={disabled}
        aria-valuetext={shown}
        {...describedBy(id, hint)}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      {ends && (
        <div class="ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
      <Hint field={id} text={hint} />
    </div>
  );
}
