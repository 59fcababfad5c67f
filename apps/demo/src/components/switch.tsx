import { useId } from "preact/hooks";

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
          {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      </label>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
