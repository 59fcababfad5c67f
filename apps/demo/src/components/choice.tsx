import { useId } from "preact/hooks";
import { describedBy, Hint } from "./hint.js";

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly name: string; readonly disabled?: boolean }[];
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
  readonly onChange: (value: Value) => void;
}

export function Choice<Value extends string>({
  label,
  value,
  options,
  hint,
  disabled = false,
  onChange,
}: ChoiceProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        disabled={disabled}
        {...describedBy(id, hint)}
        onChange={(event) => {
          const { currentTarget } = event;
          const chosen = options[currentTarget.selectedIndex]?.value;
          // The choice shows once it is accepted, which may take a question first.
          currentTarget.value = value;
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {options.map((option) => (
          <option
            key={option.value}
            value={option.value}
            selected={option.value === value}
            disabled={option.disabled ?? false}
          >
            {option.name}
          </option>
        ))}
      </select>
      <Hint field={id} text={hint} />
    </div>
  );
}
