import { engineNames } from "@brushwork/backend-node";
import { OptionError } from "@brushwork/core";
import { isRecord, oneOf, parsedJson, shown } from "@brushwork/core/reading";
import {
  type PresetName,
  parseRecipe,
  pictureKind,
  presets,
  type Recipe,
  rescaled,
  withStyleWeights,
} from "@brushwork/recipes";
import { type StyleMasks, settings } from "@brushwork/runs";
import type { Order } from "../painting/order.js";
import type { MachineOptions } from "../run-recipe.js";
import type { JobState } from "./studio.js";

/** What a job may ask for. */
export interface OrderLimits {
  /** Longer side of what is painted, in pixels. */
  readonly mostSize: number;
  /** Styles of one job. */
  readonly mostStyles: number;
  /** What the server paints on, where a job does not name an engine. */
  readonly machine: MachineOptions;
}

type Form = Readonly<Record<string, string | File | readonly (string | File)[]>>;

/** The fields of a form that are not files. */
const textFields = ["recipe", "preset", "size", "engine", "weights", "preview-every", "stand-in"];
const maskField = /^(content|style)-mask-([1-9]\d?)$/;

/** Milliseconds between previews: no more often than a picture can be encoded and sent. */
const previews = { usual: 500, least: 50, most: 60_000 };

/**
 * The order of a form: pictures `content`, `style` (repeatable), `init`, `content-mask-1` …, `style-mask-1` …; and texts.
 *
 * @throws {OptionError} when a field is missing, unknown or not what it should be
 */
export async function orderOfForm(
  form: Form,
  { mostSize, mostStyles, machine }: OrderLimits,
): Promise<{ readonly order: Order; readonly names: JobState["names"] }> {
  for (const name of Object.keys(form))
    if (![...textFields, "content", "style", "init"].includes(name) && !maskField.test(name))
      throw new OptionError(
        `Expected the fields content, style, init, content-mask-N, style-mask-N, ${textFields.join(", ")}, got ${shown(name)}.`,
      );
  const content = fileOf(form, "content");
  const styles = filesOf(form, "style");
  if (styles.length === 0 || styles.length > mostStyles)
    throw new OptionError(`Expected 1 to ${mostStyles} pictures in the field style, got ${styles.length}.`);
  const masks = await masksOf(form, styles.length);
  const init = form.init === undefined ? undefined : await bytesOf(fileOf(form, "init"), "init");
  const engine = oneOf(textOf(form, "engine") ?? "auto", "the field engine", ["auto", ...engineNames]);
  const standIn = textOf(form, "stand-in");
  const recipe = withStyleWeights(recipeOf(form, mostSize), weightsOf(form, styles.length));
  settings(recipe);
  return {
    names: { content: content.name, styles: styles.map(({ name }) => name) },
    order: {
      content: await bytesOf(content, "content"),
      styles: await Promise.all(styles.map((style) => bytesOf(style, "style"))),
      masks,
      ...(init && { init }),
      recipe,
      ...(standIn !== undefined && {
        standIn: oneOf(standIn, "the field stand-in", ["yes", "no"]) === "yes",
      }),
      previewEvery: numberOf(form, "preview-every", previews.least, previews.most) ?? previews.usual,
      machine: {
        ...machine,
        // "auto" is what the server was started with.
        ...(engine !== "auto" && { engine }),
      },
    },
  };
}

function recipeOf(form: Form, mostSize: number): Recipe {
  const [text, preset] = [textOf(form, "recipe"), textOf(form, "preset")];
  const size = numberOf(form, "size", 1, mostSize);
  if (text !== undefined && preset !== undefined)
    throw new OptionError("Expected a recipe or a preset, got both: leave one out.");
  const base =
    text !== undefined
      ? parseRecipe(jsonOf(text, "recipe"))
      : presets[oneOf(preset ?? "default", "the field preset", Object.keys(presets) as PresetName[])].recipe;
  const recipe = size === undefined ? base : { ...base, scales: rescaled(base.scales, { size }) };
  const longest = Math.max(...recipe.scales.flatMap((scale) => scale.size));
  if (longest > mostSize)
    throw new OptionError(
      `Expected a size of at most ${mostSize} pixels, which this server is limited to, got ${longest}: choose a smaller one.`,
    );
  return recipe;
}

/** The styles' weights, none where they count equally. */
function weightsOf(form: Form, count: number): readonly { readonly weight?: number }[] {
  const text = textOf(form, "weights");
  if (text === undefined) return Array.from({ length: count }, () => ({}));
  const weights = jsonOf(text, "weights");
  const isWeight = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
  if (!Array.isArray(weights) || weights.length !== count || !weights.every(isWeight))
    throw new OptionError(
      `Expected the field weights to be a list of ${count} numbers of at least 0, one for each style, got ${shown(text)}.`,
    );
  return weights.map((weight: number) => ({ weight }));
}

async function masksOf(form: Form, styles: number): Promise<readonly StyleMasks<Uint8Array>[]> {
  const masks: { content?: Uint8Array; style?: Uint8Array }[] = Array.from({ length: styles }, () => ({}));
  for (const field of Object.keys(form)) {
    const [, kind, number] = maskField.exec(field) ?? [];
    if (kind === undefined) continue;
    const mask = masks[Number(number) - 1];
    if (mask === undefined)
      throw new OptionError(
        `Expected masks for the styles, of which there are ${styles}, got ${shown(field)}.`,
      );
    mask[kind as "content" | "style"] = await bytesOf(fileOf(form, field), field);
  }
  return masks;
}

function filesOf(form: Form, field: string): readonly File[] {
  const values = form[field] ?? [];
  const files = Array.isArray(values) ? values : [values];
  return files.map((file: unknown) => {
    if (file instanceof File) return file;
    throw new OptionError(`Expected the field ${field} to be a picture file, got ${shown(file)}.`);
  });
}

function fileOf(form: Form, field: string): File {
  const [file, ...others] = filesOf(form, field);
  if (file === undefined) throw new OptionError(`Expected a picture file in the field ${field}, got none.`);
  if (others.length > 0)
    throw new OptionError(`Expected one picture in the field ${field}, got ${others.length + 1}.`);
  return file;
}

/** A file's bytes. What is no picture is refused at once; whether it can be read is found out in its turn. */
async function bytesOf(file: File, field: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (pictureKind(bytes) === undefined)
    throw new OptionError(
      `Expected the field ${field} to be a picture (JPEG, PNG, WebP, TIFF, AVIF, GIF), got something else.`,
    );
  return bytes;
}

function textOf(form: Form, field: string): string | undefined {
  const value = form[field];
  if (value === undefined || typeof value === "string") return value;
  throw new OptionError(`Expected the field ${field} to be a text, once, got a file or several.`);
}

function numberOf(form: Form, field: string, least: number, most: number): number | undefined {
  const text = textOf(form, field);
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new OptionError(
      `Expected the field ${field} to be a whole number from ${least} to ${most}, got ${shown(text)}.`,
    );
  return value;
}

/** @throws {OptionError} when a text is not JSON */
export function jsonOf(text: string, what: string): unknown {
  try {
    return parsedJson(text);
  } catch (cause) {
    throw new OptionError(`Expected the field ${what} to be JSON, got ${shown(text)}.`, { cause });
  }
}

/** @throws {OptionError} when it is not an object of numbers by name */
export function weightsByTerm(value: unknown): Readonly<Record<string, number>> {
  const isWeight = (weight: unknown) => typeof weight === "number" && Number.isFinite(weight) && weight >= 0;
  if (!isRecord(value) || !Object.values(value).every(isWeight))
    throw new OptionError(
      `Expected weights of at least 0 by the names of losses, such as {"style": 2}, got ${shown(value)}.`,
    );
  return value as Readonly<Record<string, number>>;
}
