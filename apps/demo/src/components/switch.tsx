import { useId } from "preact/hooks";
import { describedBy, Hint } from "./hint.js";

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly hint?: string | undefined;
  readonly disabled: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** A setting that is on or off. */
export function Switch({ label, checked, hint, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div>
      <label class="check">
        {label}
        <input
          type="checkbox"
          role="switch"
          class="switch"
          checked={checked}
          aria-checked={checked}
          disabled={disabled}
          {...describedBy(id, hint)}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      </label>
      <Hint field={id} text={hint} />
    </div>
  );
}
