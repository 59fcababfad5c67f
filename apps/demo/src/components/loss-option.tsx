import type { Json } from "@brushwork/core";
import { useId } from "preact/hooks";
import { type LossOption, readJson } from "../settings/loss-options.js";
import { Choice } from "./choice.js";
import { describedBy, Hint } from "./hint.js";
import { Switch } from "./switch.js";

interface OptionFieldProps {
  readonly option: LossOption;
  /** Chosen value; absent for the default. */
  readonly chosen: Json | undefined;
  /** Layers to choose from. */
  readonly layers: readonly string[];
  readonly disabled: boolean;
  /** @param value undefined for the default */
  readonly onChange: (value: Json | undefined) => void;
}

/** The control of a loss's option, as its schema describes it. */
export function OptionField({ option, chosen, layers, disabled, onChange }: OptionFieldProps) {
  const { title, hint, usual, control } = option;
  const value = chosen ?? usual;
  switch (control.kind) {
    case "choice":
      return (
        <Choice
          label={title}
          value={textOf(value)}
          options={[
            ...(usual === undefined ? [{ value: "", name: "Default" }] : []),
            ...control.values.map((one) => ({
              value: textOf(one),
              name: typeof one === "string" ? one : textOf(one),
            })),
          ]}
          hint={hint}
          disabled={disabled}
          onChange={(text) => onChange(control.values.find((one) => textOf(one) === text))}
        />
      );
    case "switch":
      return (
        <Switch label={title} checked={value === true} hint={hint} disabled={disabled} onChange={onChange} />
      );
    case "layers":
      return (
        <Layers
          title={title}
          hint={hint}
          layers={layers}
          chosen={Array.isArray(value) ? value.map(String) : []}
          disabled={disabled}
          onChange={onChange}
        />
      );
    case "number": {
      const { kind: _, ...limits } = control;
      return (
        <TextField
          title={title}
          hint={hint}
          text={typeof value === "number" ? String(value) : ""}
          range={rangeText(limits)}
          disabled={disabled}
          attributes={{ type: "number", ...limits }}
          onChange={(text) => onChange(text === "" ? undefined : Number(text))}
        />
      );
    }
    case "text":
      return (
        <TextField
          title={title}
          hint={hint}
          text={typeof value === "string" ? value : ""}
          disabled={disabled}
          attributes={{ type: "text" }}
          onChange={(text) => onChange(text === "" ? undefined : text)}
        />
      );
    case "json":
      return (
        <TextField
          title={title}
          hint={hint}
          // Text that is not JSON is shown as it was typed.
          text={typeof value === "string" && readJson(value) === value ? value : textOf(value)}
          range="JSON"
          disabled={disabled}
          attributes={{ type: "text", spellcheck: false, autocomplete: "off" }}
          onChange={(text) => onChange(readJson(text))}
        />
      );
  }
}

interface TextFieldProps {
  readonly title: string;
  readonly hint: string | undefined;
  readonly text: string;
  /** Short description of what can be typed. */
  readonly range?: string | undefined;
  readonly disabled: boolean;
  readonly attributes: {
    readonly type: "number" | "text";
    readonly min?: number;
    readonly max?: number;
    readonly step?: number | "any";
    readonly spellcheck?: boolean;
    readonly autocomplete?: string;
  };
  /** Called when the field is left, not at every key. */
  readonly onChange: (text: string) => void;
}

function TextField({ title, hint, text, range, disabled, attributes, onChange }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{title}</label>
      {range !== undefined && <span class="hint range">{range}</span>}
      <input
        {...attributes}
        id={id}
        value={text}
        disabled={disabled}
        {...describedBy(id, hint)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          // An emptied field shows the default again.
          if (value === "") event.currentTarget.value = text;
          onChange(value);
        }}
      />
      <Hint field={id} text={hint} />
    </div>
  );
}

interface LayersProps {
  readonly title: string;
  readonly hint: string | undefined;
  readonly layers: readonly string[];
  readonly chosen: readonly string[];
  readonly disabled: boolean;
  readonly onChange: (chosen: readonly string[]) => void;
}

function Layers({ title, hint, layers, chosen, disabled, onChange }: LayersProps) {
  const id = useId();
  // Layers of another network can still be removed.
  const offered = [...new Set([...layers, ...chosen])];
  return (
    <fieldset class="field layers" disabled={disabled} {...describedBy(id, hint)}>
      <legend>{title}</legend>
      <ul>
        {offered.map((layer) => (
          <li key={layer}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(layer)}
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  onChange(offered.filter((one) => (one === layer ? checked : chosen.includes(one))));
                }}
              />
              {layer}
            </label>
          </li>
        ))}
      </ul>
      <Hint field={id} text={hint} />
    </fieldset>
  );
}

function textOf(value: Json | undefined): string {
  return value === undefined ? "" : JSON.stringify(value);
}

function rangeText({ min, max }: { readonly min?: number; readonly max?: number }): string | undefined {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `from ${min}`;
  return max === undefined ? undefined : `up to ${max}`;
}
