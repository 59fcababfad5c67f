import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { nearestName } from "@brushwork/core/reading";
import { Command, CommanderError } from "commander";
import { CsvError, parse } from "csv-parse/sync";
import { batchOptions } from "../commands/batch-option-names.js";
import type { PaintOptions } from "../commands/paint-command.js";
import { sentenceOf, UsageError } from "../failure.js";
import { sharedOption } from "../options.js";

/** A row of a table of pairs. */
export interface Pair {
  readonly content: string;
  readonly style: string;
  /** Absent where the table does not say. */
  readonly output?: string;
  /** The options that the row has of its own. */
  readonly options: PaintOptions;
  /** Number of its line. */
  readonly line: number;
}

/** One machine paints all rows, and reports on them in one way. */
const ofTheBatch = [
  "--engine",
  "--threads",
  "--precision",
  "--weights",
  "--json",
  "--quiet",
  "--debug",
  "--dry-run",
  "--no-config",
];
const rowOptions = batchOptions.filter((name) => !ofTheBatch.includes(name));
const columns = ["content", "style", "output"];

/**
 * Reads a table of pairs, separated by commas, semicolons or tabs.
 *
 * @returns contents and styles as whole paths
 * @throws {UsageError} when it cannot be read, or a row is not possible
 */
export async function readPairs(file: string): Promise<readonly Pair[]> {
  const rows = rowsOf(file, await textOf(file));
  const folder = dirname(resolve(file));
  const names = Object.keys(rows[0]?.cells ?? {});
  for (const name of names)
    if (!columns.includes(name) && !rowOptions.includes(`--${name}`)) throw unknownColumn(file, name);
  for (const name of ["content", "style"])
    if (rows.length > 0 && !names.includes(name))
      throw new UsageError(`Expected ${file} to have a column named ${name}, got ${names.join(", ")}.`);
  if (rows.length === 0) throw new UsageError(`Expected ${file} to have a row for each picture, found none.`);
  return rows.map(({ cells: { content = "", style = "", output = "", ...others }, line }) => {
    if (content === "" || style === "")
      throw new UsageError(
        `${file}, line ${line}: Expected a ${content === "" ? "content" : "style"}, got an empty cell.`,
      );
    return {
      content: resolve(folder, content),
      style: resolve(folder, style),
      ...(output !== "" && { output }),
      options: optionsOf(others, `${file}, line ${line}`),
      line,
    };
  });
}

async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UsageError(
      `Expected --pairs to be a file that can be read, got ${file}. ${sentenceOf(cause)}.`,
      {
        cause,
      },
    );
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`Expected ${file} to be a text in UTF-8, got other bytes: save it as "CSV UTF-8".`, {
      cause,
    });
  }
}

interface Row {
  readonly cells: Readonly<Record<string, string>>;
  readonly line: number;
}

function rowsOf(file: string, text: string): readonly Row[] {
  try {
    const rows: readonly { readonly record: Row["cells"]; readonly info: { readonly lines: number } }[] =
      parse(text, {
        bom: true,
        columns: (names: readonly string[]) =>
          names.map((name) => name.trim().replace(/^--/, "").toLowerCase()),
        delimiter: [",", ";", "\t"],
        info: true,
        skip_empty_lines: true,
        trim: true,
      });
    return rows.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new UsageError(`Expected ${file} to be a table with as many cells in each row. ${cause.message}.`, {
      cause,
    });
  }
}

function unknownColumn(file: string, name: string): UsageError {
  if (ofTheBatch.includes(`--${name}`))
    return new UsageError(
      `Expected ${file} to have no column ${name}, which holds for all pictures: pass --${name}.`,
    );
  const nearest = nearestName(name, [...columns, ...rowOptions.map((option) => option.slice(2))]);
  const remedy = nearest === undefined ? "see brushwork help batch" : `did you mean ${nearest}?`;
  return new UsageError(
    `Expected the columns of ${file} to be content, style, output or options, got ${JSON.stringify(name)}: ${remedy}`.replace(
      /[^?]$/,
      "$&.",
    ),
  );
}

/** What the cells of a row mean, read as the command line reads them. */
function optionsOf(cells: Row["cells"], place: string): PaintOptions {
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  for (const name of rowOptions) command.addOption(sharedOption(name));
  command.setOptionValue("defaultLosses", undefined);
  const words = Object.entries(cells).flatMap(([name, cell]) => {
    if (cell === "") return [];
    const { required, optional } = sharedOption(`--${name}`);
    if (required || (optional && cell !== "yes")) return [`--${name}=${cell}`];
    if (["yes", "no"].includes(cell)) return cell === "yes" ? [`--${name}`] : [];
    throw new UsageError(`${place}: Expected ${name} to be yes or no, got ${JSON.stringify(cell)}.`);
  });
  try {
    return command.parse(words, { from: "user" }).opts();
  } catch (cause) {
    if (!(cause instanceof UsageError || cause instanceof CommanderError)) throw cause;
    throw new UsageError(`${place}: ${sentenceOf(cause)}`, { cause });
  }
}
