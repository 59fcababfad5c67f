import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@brushwork/core/errors";
import { isRecord, nearestName, parsedJson, quoted, shown } from "@brushwork/core/reading";
import type { Command, Option } from "commander";
import { sentenceOf, UsageError } from "../failure.js";
import { isRepeatable } from "../options.js";

/** Settings from outside the command line. */
export interface Settings {
  /** Where they are: a file, or a variable of the environment. */
  readonly place: string;
  /** By the names of options, "style-weight" or "styleWeight". */
  readonly options: Readonly<Record<string, unknown>>;
}

const fileName = "brushwork.config.json";

/** The options that variables of the environment set. */
export const environmentOptions = { engine: "BRUSHWORK_ENGINE", threads: "BRUSHWORK_THREADS" } as const;

/** The option that leaves the file of settings out; commands that have it take settings. */
export const noSettings = "--no-config";

/** Options of which one makes the other senseless. */
const rivals: readonly (readonly [string, string])[] = [
  ["preset", "recipe"],
  ["json", "quiet"],
];

/** What the engines that are named on the command line cannot be given. */
const withoutThreads: readonly unknown[] = ["webgpu"];
const withoutPrecision: readonly unknown[] = ["cuda", "webgpu", "wasm"];

/**
 * The settings of a folder: those of its brushwork.config.json, or of the member "brushwork" of its package.json.
 *
 * @throws {UsageError} when a file of settings is none
 */
export async function readSettings(folder: string): Promise<Settings | undefined> {
  const text = await textOf(join(folder, fileName));
  if (text !== undefined) return { place: fileName, options: optionsIn(fileName, parsed(fileName, text)) };
  const options = memberOf(await textOf(join(folder, "package.json")));
  const place = "package.json#brushwork";
  return options === undefined ? undefined : { place, options: optionsIn(place, options) };
}

/** The settings of the environment; empty variables are none. */
export function environmentSettings(environment: NodeJS.ProcessEnv): readonly Settings[] {
  return Object.entries(environmentOptions).flatMap(([name, place]) => {
    const value = environment[place];
    return value ? [{ place, options: { [name]: value } }] : [];
  });
}

/**
 * Gives a command the settings that its command line does not.
 *
 * @param main the main command, whose options settings may name; a command that lacks one ignores it
 * @param settings the first that has an option counts
 * @returns what was set, in words
 * @throws {UsageError} when there is no such option, or it cannot have that value; it names the place
 */
export function applySettings(
  command: Command,
  main: Command,
  settings: readonly Settings[],
): string | undefined {
  const words: string[] = [];
  for (const { place, options } of settings) {
    const set = Object.entries(options).filter(([name, value]) => {
      const known = optionNamed(name, place, main);
      const option = command.options.find(({ long }) => long === known.long);
      // One with words of its own has another meaning there, or another default.
      if (option?.description !== known.description || isSet(option, command) || isPointless(option, command))
        return false;
      const found = optionValue(option, value, name, place);
      if (found === undefined) return false;
      command.setOptionValueWithSource(option.attributeName(), found, place);
      return true;
    });
    if (set.length > 0) words.push(`${set.map(([name]) => name).join(", ")} by ${place}`);
  }
  return words.length === 0 ? undefined : `Set ${words.join("; ")}.`;
}

function optionNamed(name: string, place: string, main: Command): Option {
  const long = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const known = main.options.filter((option) => !["--version", noSettings].includes(option.long ?? ""));
  const found = known.find((option) => option.long === long);
  if (found !== undefined) return found;
  const names = known.map((option) => option.long?.slice(2) ?? "");
  const nearest = nearestName(long.slice(2), names);
  throw new UsageError(
    `${place}: Expected names of options, without their dashes, got ${quoted(name)}` +
      (nearest === undefined ? ': see "brushwork --help".' : `; did you mean ${nearest}?`),
  );
}

/** Whether the command line, or earlier settings, have said it. */
function isSet(option: Option, command: Command): boolean {
  const source = command.getOptionValueSource(option.attributeName());
  return source !== undefined && source !== "default";
}

/** Whether what the command line says leaves no room for it. */
function isPointless(option: Option, command: Command): boolean {
  const name = option.attributeName();
  const isSaid = (other: string) => command.getOptionValueSource(other) === "cli";
  if (rivals.some(([one, other]) => (name === one && isSaid(other)) || (name === other && isSaid(one))))
    return true;
  if (!isSaid("engine")) return false;
  const engine: unknown = command.getOptionValue("engine");
  return (
    (name === "threads" && withoutThreads.includes(engine)) ||
    (name === "precision" && withoutPrecision.includes(engine))
  );
}

/** What an option makes of a value; undefined for one that is false. */
function optionValue(option: Option, value: unknown, name: string, place: string): unknown {
  const { required, optional, negate, parseArg } = option;
  const wrong = (expected: string) =>
    new UsageError(`${place}: Expected ${quoted(name)} to be ${expected}, got ${shown(value)}.`);
  if (!required && typeof value === "boolean") {
    if (!value) return undefined;
    return optional ? parseArg?.(String(option.presetArg), undefined) : !negate;
  }
  if (!required && !optional) throw wrong("true or false");
  const texts = [value].flat();
  if (texts.length === 0 || !texts.every((text) => ["string", "number"].includes(typeof text)))
    throw wrong("a text, a number, or a list of them");
  const pieces = isRepeatable(option) ? texts.map(String) : [texts.join(",")];
  if (parseArg === undefined) return pieces[0];
  try {
    return pieces.reduce<unknown>((before, piece) => parseArg(piece, before), undefined);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${place}: ${sentenceOf(error)}`, { cause: error });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(String((error as NodeJS.ErrnoException).code)))
      return undefined;
    throw new UsageError(`${path} cannot be read (${messageOf(error)}). Leave it out with ${noSettings}.`);
  }
}

function parsed(place: string, text: string): unknown {
  try {
    return parsedJson(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UsageError(`Expected ${place} to be JSON, but it is not. ${sentenceOf(error)}`, {
      cause: error,
    });
  }
}

function optionsIn(place: string, value: unknown): Settings["options"] {
  if (isRecord(value)) return value;
  throw new UsageError(`Expected ${place} to be an object with options, got ${shown(value)}.`);
}

/** The settings in a package.json; one that is broken is for others to refuse. */
function memberOf(text: string | undefined): unknown {
  try {
    const manifest: unknown = text === undefined ? undefined : JSON.parse(text);
    return isRecord(manifest) ? manifest.brushwork : undefined;
  } catch {
    return undefined;
  }
}
