import type { Json, JsonSchema } from "@brushwork/core";
import { isJsonObject } from "@brushwork/core/reading";

export type Options = { readonly [name: string]: Json };

/** The control of an option: as much of its schema as the page can draw. */
type Control =
  | { readonly kind: "choice"; readonly values: readonly Json[] }
  | { readonly kind: "number"; readonly step: number | "any"; readonly min?: number; readonly max?: number }
  | { readonly kind: "switch" }
  /** Any number of the network's layers. */
  | { readonly kind: "layers" }
  | { readonly kind: "text" }
  /** Anything else, typed as JSON. */
  | { readonly kind: "json" };

/** An option of a loss, for a form. */
export interface LossOption {
  readonly name: string;
  readonly title: string;
  readonly hint?: string;
  readonly usual?: Json;
  readonly control: Control;
}

/** The options in the schema of a loss, in its order. */
export function optionsOf(schema: JsonSchema): readonly LossOption[] {
  return propertiesOf(schema).map(([name, property]) => {
    const { title, description, default: usual } = isJsonObject(property) ? property : {};
    return {
      name,
      title: typeof title === "string" ? title : name,
      ...(typeof description === "string" && { hint: description }),
      ...(usual !== undefined && { usual }),
      control: controlOf(property),
    };
  });
}

/** The options that a loss starts with: the defaults of those that it requires. */
export function firstOptions(schema: JsonSchema): Options {
  const entries = optionsOf(schema).flatMap(({ name, usual }) =>
    usual !== undefined && isRequired(schema, name) ? [[name, usual] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Options with one of them changed; defaults are left out. @param value undefined for the default */
export function withOption(
  schema: JsonSchema,
  options: Options,
  name: string,
  value: Json | undefined,
): Options {
  const usual = optionsOf(schema).find((option) => option.name === name)?.usual;
  const wanted = value ?? usual;
  const others = Object.entries(options).filter(([other]) => other !== name);
  const left = wanted === undefined || (isSame(wanted, usual) && !isRequired(schema, name));
  return Object.fromEntries(left ? others : [...others, [name, wanted]]);
}

/** The value of a JSON field. Text that is not JSON stays text, which the schema will refuse; undefined if empty. */
export function readJson(text: string): Json | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function controlOf(schema: Json): Control {
  if (!isJsonObject(schema)) return { kind: "json" };
  if (Array.isArray(schema.enum)) return { kind: "choice", values: schema.enum };
  switch (schema.type) {
    case "boolean":
      return { kind: "switch" };
    case "integer":
      return { kind: "number", ...rangeOf(schema, 1) };
    case "number":
      return { kind: "number", ...rangeOf(schema, 0) };
    case "string":
      return { kind: "text" };
    case "array":
      return { kind: isJsonObject(schema.items) && schema.items.format === "layer" ? "layers" : "json" };
    default:
      return { kind: "json" };
  }
}

/** @param whole 1 for whole numbers, where the neighbour of an excluded limit is allowed; 0 for others */
function rangeOf(schema: Options, whole: 0 | 1) {
  const least = limitOf(schema.minimum, schema.exclusiveMinimum, whole);
  const most = limitOf(schema.maximum, schema.exclusiveMaximum, -whole);
  const step = typeof schema.multipleOf === "number" ? schema.multipleOf : whole === 1 ? 1 : "any";
  return {
    step,
    ...(least !== undefined && { min: least }),
    ...(most !== undefined && { max: most }),
  } as const;
}

function limitOf(within: Json | undefined, beyond: Json | undefined, inwards: number): number | undefined {
  if (typeof within === "number") return within;
  return typeof beyond === "number" ? beyond + inwards : undefined;
}

function propertiesOf({ properties }: JsonSchema): readonly (readonly [string, Json])[] {
  return isJsonObject(properties) ? Object.entries(properties) : [];
}

function isRequired({ required }: JsonSchema, name: string): boolean {
  return Array.isArray(required) && required.includes(name);
}

function isSame(one: Json, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
