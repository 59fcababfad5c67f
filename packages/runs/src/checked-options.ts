import { isJsonObject, type Json, type JsonSchema, OptionError } from "@brushwork/core";
import { printable, quoted, shortened } from "@brushwork/core/reading";
import { type OutputUnit, Validator } from "@cfworker/json-schema";

type Options = { readonly [name: string]: Json };

/** Keywords for which the errors of the parts say little: the whole value fits none of them, or one too many. */
const ofWholes: ReadonlySet<string> = new Set(["anyOf", "oneOf", "not", "contains", "propertyNames"]);

/** Keywords that `expectation` can put into words. */
const worded: ReadonlySet<string> = new Set([
  "type",
  "enum",
  "const",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "pattern",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
]);

/**
 * Checks options against their schema.
 *
 * @param owner what the options belong to, for the message, such as `the loss "style"`
 * @throws {OptionError} when an option does not fit; the message names it, its range and its value
 */
export function checkOptions(owner: string, schema: JsonSchema, options: Options): void {
  // A copy: the validator modifies the schema, which may be frozen.
  const validator = new Validator(JSON.parse(JSON.stringify(schema)), "2020-12", true);
  const errors = errorsOf(validator, owner, options);
  const found = errors.find(({ keyword }) => ofWholes.has(keyword)) ?? errors.at(-1);
  if (found === undefined) return;
  throw new OptionError(
    found.keyword === "false"
      ? sentenceOnUnknown(owner, schema, options, errors)
      : sentenceOf(owner, schema, options, found),
  );
}

function errorsOf(validator: Validator, owner: string, options: Options): readonly OutputUnit[] {
  try {
    return validator.validate(options).errors;
  } catch (error) {
    // The validator encodes names as URIs, which lone surrogates cannot be part of.
    if (!(error instanceof URIError)) throw error;
    throw new OptionError(`Expected the names in the options of ${owner} to be Unicode, got others.`);
  }
}

/** The message about an unknown option. The last error is the value's; the one before says where it is not allowed. */
function sentenceOnUnknown(
  owner: string,
  schema: JsonSchema,
  options: Options,
  errors: readonly OutputUnit[],
): string {
  const [holder, unknown] = errors.slice(-2);
  const path = stepsOf(unknown?.instanceLocation ?? "");
  const around = holder && schemaAt(schema, stepsOf(holder.keywordLocation).slice(0, -1));
  const known = isJsonObject(around) && isJsonObject(around.properties) ? Object.keys(around.properties) : [];
  const isOther = holder?.keyword === "additionalProperties" || holder?.keyword === "unevaluatedProperties";
  if (!isOther || known.length === 0)
    return `Expected ${placeOf(path, owner)} to be left out, got ${shown(at(options, path))}.`;
  const outer = path.slice(0, -1);
  const names = outer.length === 0 ? placeOf(outer, owner) : `the names in ${placeOf(outer, owner)}`;
  return `Expected ${names} to be among ${known.join(", ")}, got ${shown(path.at(-1))}.`;
}

function sentenceOf(
  owner: string,
  schema: JsonSchema,
  options: Options,
  { keyword, keywordLocation, instanceLocation }: OutputUnit,
): string {
  const path = stepsOf(instanceLocation);
  const value = at(options, path);
  // The location ends with the keyword; before it comes the schema that the value does not fit.
  const broken = schemaAt(schema, stepsOf(keywordLocation).slice(0, -1));
  if (keyword === "required") {
    const missing = isJsonObject(broken) && Array.isArray(broken.required) ? broken.required : [];
    const name = missing.find(
      (candidate) => !Object.hasOwn(isJsonObject(value) ? value : {}, String(candidate)),
    );
    return `Expected ${placeOf([...path, String(name)], owner)}, got nothing.`;
  }
  return `Expected ${placeOf(path, owner)} to ${verbOf(keyword, broken)}, got ${shown(value)}.`;
}

function verbOf(keyword: string, schema: Json | undefined): string {
  if (!isJsonObject(schema)) return "fit its schema";
  if (keyword === "uniqueItems") return "have each entry once";
  return worded.has(keyword)
    ? `be ${expectation(schema)}`
    : `fit ${shown({ [keyword]: schema[keyword] ?? null })}`;
}

/** What a schema expects, in words, such as "a number from 0 to less than 1" or "one of mean, sum". */
export function expectation(schema: Json | undefined): string {
  if (!isJsonObject(schema)) return "something else";
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map(word).join(", ")}`;
  if (schema.const !== undefined) return word(schema.const);
  return [schema.type ?? typeMeant(schema)]
    .flat()
    .map((type) => wordsOfType(type, schema))
    .join(" or ");
}

/** The type that a schema's keywords imply. */
function typeMeant(schema: Options): string {
  if ("pattern" in schema) return "string";
  if ("minItems" in schema || "maxItems" in schema) return "array";
  return "minLength" in schema || "maxLength" in schema ? "string" : "number";
}

function wordsOfType(type: Json, schema: Options): string {
  switch (type) {
    case "number":
      return `a number${range(schema)}`;
    case "integer":
      return `a whole number${range(schema)}`;
    case "boolean":
      return "true or false";
    case "string":
      return typeof schema.pattern === "string"
        ? `a text like ${schema.pattern}`
        : `a text${counted(schema.minLength, schema.maxLength, "characters")}`;
    case "array":
      return `a list${counted(schema.minItems, schema.maxItems)}`;
    case "object":
      return "an object";
    default:
      return word(type);
  }
}

function counted(least: Json | undefined, most: Json | undefined, what?: string): string {
  const unit = what === undefined ? "" : ` ${what}`;
  if (typeof most === "number") return ` of ${typeof least === "number" ? least : 0} to ${most}${unit}`;
  if (typeof least !== "number") return "";
  return what !== undefined && least === 1 ? " that is not empty" : ` of ${least} or more${unit}`;
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Options): string {
  const least = minimum ?? exclusiveMinimum;
  const most = maximum ?? exclusiveMaximum;
  const from = least === undefined ? "" : exclusiveMinimum === undefined ? String(least) : `above ${least}`;
  const to = most === undefined ? "" : exclusiveMaximum === undefined ? String(most) : `less than ${most}`;
  if (from === "" && to === "") return "";
  if (to === "") return exclusiveMinimum === undefined ? ` of at least ${from}` : ` ${from}`;
  if (from === "") return exclusiveMaximum === undefined ? ` of at most ${to}` : ` ${to}`;
  return ` ${exclusiveMinimum === undefined ? `from ${from}` : from} to ${to}`;
}

/** The steps of a JSON pointer in a fragment: "#/layers/0". */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function at(value: Json | undefined, steps: readonly string[]): Json | undefined {
  return steps.reduce<Json | undefined>(
    (found, step) =>
      typeof found === "object" && found !== null && Object.hasOwn(found, step)
        ? (found as Options)[step]
        : undefined,
    value,
  );
}

/** The part of a schema at a validator's location, which may go through references. */
function schemaAt(schema: JsonSchema, steps: readonly string[]): Json | undefined {
  return steps.reduce<Json | undefined>((found, step) => {
    const next = at(found, [step]);
    return step === "$ref" && typeof next === "string" ? at(schema, stepsOf(next)) : next;
  }, schema);
}

function placeOf(path: readonly string[], owner: string): string {
  return path.length === 0 ? `the options of ${owner}` : `the option ${quoted(pathText(path))} of ${owner}`;
}

/** A path as text, such as "layers[0]" or "layerWeights.relu4_2". */
function pathText(steps: readonly string[]): string {
  return steps.reduce((text, step) => {
    if (/^\d+$/.test(step)) return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function word(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value for an error message: as JSON, cut where it is long. */
function shown(value: Json | undefined): string {
  if (typeof value === "string") return quoted(value);
  return printable(shortened(JSON.stringify(value) ?? "nothing"));
}
