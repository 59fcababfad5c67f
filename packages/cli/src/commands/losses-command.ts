import { type FoundLoss, installedLosses, searchLosses } from "@brushwork/backend-node";
import { isJsonObject, type Json, type LossPlugin } from "@brushwork/core";
import { shown } from "@brushwork/core/reading";
import { expectation, ownLosses } from "@brushwork/runs";
import { UsageError } from "../failure.js";
import type { LossesOptions } from "../options.js";
import { namedLoss } from "../wanted-losses.js";

/**
 * The losses there are, with their options, defaults and ranges: ours, and those that are named. The packages that are
 * installed are listed by name alone, since only loading them shows their options.
 *
 * @param names packages and files whose code may run
 */
export async function lossesText(names: readonly string[], { json, search }: LossesOptions): Promise<string> {
  if (search !== undefined) {
    if (names.length > 0)
      throw new UsageError(
        `Expected names of losses or --search, got both: leave ${names[0]} out, or quote the words.`,
      );
    const text = search === true ? "" : search;
    const found = await searchLosses(text);
    return json ? `${JSON.stringify({ losses: found }, null, 2)}\n` : foundText(found, text);
  }
  const named = await Promise.all(names.map(namedLoss));
  const losses = names.length > 0 ? named : ownLosses;
  const others = names.length > 0 ? [] : installedLosses();
  if (json) {
    const described = losses.map(({ name, description, options }) => ({ name, description, options }));
    return `${JSON.stringify({ losses: described, installed: others }, null, 2)}\n`;
  }
  const texts = losses.map(lossText);
  const found = others.map((name) => `${name}: installed; "brushwork losses ${name}" shows its options`);
  return `${[...texts, ...(found.length > 0 ? [found.join("\n")] : [])].join("\n\n")}\n`;
}

function foundText(found: readonly FoundLoss[], text: string): string {
  if (found.length === 0)
    return `No package on npm has a loss${text === "" ? "" : ` that is about ${shown(text)}`}.\n`;
  const lines = found.map(
    ({ name, version, description }) =>
      `${name} ${version}${description === "" ? "" : `: ${oneLine(description)}`}`,
  );
  const [{ name = "" } = {}] = found;
  return (
    `${lines.join("\n")}\n\nTheir code is by their authors, and has not been looked at. To paint with one:\n` +
    `  npm install ${name}\n  brushwork photo.jpg painting.jpg --loss ${name}\n`
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function lossText({ name, description, options }: LossPlugin): string {
  const properties = isJsonObject(options.properties) ? Object.entries(options.properties) : [];
  return [
    description === undefined ? name : `${name}: ${description}`,
    ...properties.flatMap(([option, schema]) => optionLines(option, schema)),
  ].join("\n");
}

function optionLines(name: string, schema: Json): readonly string[] {
  const { description, default: usual } = isJsonObject(schema) ? schema : {};
  const range = `${expectation(schema)}${usual === undefined ? "" : ` (default: ${valueText(usual)})`}`;
  return [
    `  ${name.padEnd(16)}${range}`,
    ...(typeof description === "string" ? [`  ${"".padEnd(16)}${description}`] : []),
  ];
}

function valueText(value: Json): string {
  if (Array.isArray(value)) return value.map(valueText).join("+");
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? "none" : JSON.stringify(value);
  return String(value);
}
