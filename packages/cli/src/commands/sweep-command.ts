import {
  checkRoom,
  encodePicture,
  expectedBytes,
  keepFile,
  type SheetCell,
  sheetOf,
} from "@brushwork/backend-node";
import { Diverged, type Picture } from "@brushwork/core";
import { shortened } from "@brushwork/core/reading";
import { embedCells, type Recipe, stepsOf } from "@brushwork/recipes";
import { crashText, exitCodeOf, Failure, Interruption, sentenceOf, UsageError } from "../failure.js";
import { checkInputs, type Inputs, inputsOf, namesOf } from "../files/inputs.js";
import { checkOutputs, type Outputs, outputsOf } from "../files/outputs.js";
import type { Painted, PictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { streamName, writeStandardOutput } from "../files/standard-streams.js";
import { sizeOfInput } from "../own-size.js";
import { oncePerSentence } from "../reports/follow-run.js";
import type { Progress } from "../reports/progress.js";
import { runRecipe } from "../run-recipe.js";
import { initFile, maskFiles, type PaintOptions, recipeOfWords } from "./paint-command.js";

/** An option with several values. */
export interface Axis {
  /** The option in words: "style weight". */
  readonly name: string;
  /** The option's name among `PaintOptions`. */
  readonly key: string;
  readonly values: readonly { readonly text: string; readonly value: unknown }[];
}

export interface SweepOptions extends PaintOptions {
  readonly axes: readonly Axis[];
}

/** One picture of a sweep. */
interface Cell {
  /** Column and row, as in a spreadsheet: "B2". */
  readonly name: string;
  /** What sets it apart: "style weight 1, style scale 2". */
  readonly setting: string;
  readonly options: PaintOptions;
}

/** What is painted where nobody says what to compare. */
const usualAxes: readonly Axis[] = [
  { name: "style weight", key: "styleWeight", values: [0.3, 1, 3].map(asValue) },
  { name: "style scale", key: "styleScale", values: [0.5, 1, 2].map(asValue) },
];

/** Pixels of the longer side. */
const usualSize = 256;

/** Pictures that are painted without being asked twice. */
const mostCells = 64;

/** More than a sheet carries. */
const mostCellsEver = 256;

/** Pictures in a row, where there is but one axis. */
const mostColumns = 8;

/**
 * Paints every combination of some options' values, small, and writes one labelled sheet, which carries the recipe of
 * each picture.
 *
 * @param signal whose reason is an Interruption; the sheet so far is written then
 */
export async function sweep(
  content: string,
  styles: readonly string[],
  { axes: wanted, ...given }: SweepOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const options: PaintOptions = { ...given, size: given.size ?? usualSize };
  const axes = wanted.length > 0 ? wanted : usualAxes;
  const { cells, columns } = cellsOf(axes, options);
  checkCount(cells.length, options);
  const warned = oncePerSentence(progress);
  let own: ReturnType<typeof sizeOfInput> | undefined;
  const ownSize = () => {
    own ??= sizeOfInput(content);
    return own;
  };
  const recipes = await Promise.all(
    cells.map((cell) => recipeOfWords(styles, cell.options, ownSize, { warned })),
  );
  const inputs: Inputs = {
    content,
    styles,
    ...initFile((recipes[0] as (typeof recipes)[number]).recipe, options),
    masks: maskFiles((recipes[0] as (typeof recipes)[number]).recipe, styles.length, options),
  };
  checkInputs(inputs);
  if (namesOf(inputs).includes(streamName))
    throw new UsageError(
      "Expected files for a sweep, which reads them for each picture, got the standard input: save it first.",
    );
  const steps = recipes.reduce((sum, { recipe }) => sum + stepsOf(recipe), 0);
  const outputs = outputsOf(options, [content, ...styles, "sweep"], steps);
  if (outputs.format === "jpeg")
    throw new UsageError(
      `Expected a .png, .webp or .tiff file for a sheet, which carries the recipes of all its pictures, got JPEG.`,
    );
  await checkOutputs(outputs, [...namesOf(inputs), ...(await readFiles(options))], options);

  const sheet = sheetWriter(outputs, cells, columns, options.force === true);
  // Every picture would repeat what is said of the engine and the network.
  const reports = { ...progress, warned: oncePerSentence(progress) };
  /** Why the pictures that are left are not painted. */
  let failure: unknown;
  let diverged: unknown;
  for (const [i, cell] of cells.entries()) {
    const { recipe, plugins } = recipes[i] as (typeof recipes)[number];
    reports.began(`${cell.name}, ${i + 1} of ${cells.length}: ${cell.setting}`);
    try {
      const names = { content, styles };
      const job = { recipe, plugins, names, writer: sheet.cell(cell.name), ...inputsOf(inputs) };
      await runRecipe(job, cell.options, reports, signal);
    } catch (error) {
      sheet.drop(cell.name);
      if (signal.aborted || !(error instanceof Failure && error.cause instanceof Diverged)) {
        failure = error;
        break;
      }
      // The others may succeed.
      diverged = error;
      reports.warned(`${cell.name} is left grey. ${sentenceOf(error)}`);
    }
  }
  const { count } = sheet;
  if (count === 0 && signal.aborted)
    throw new Interruption(
      `${crashText(signal)}Stopped before the first picture was finished: there is no sheet.`,
      exitCodeOf(signal.reason),
    );
  if (count === 0) throw failure ?? diverged;
  const { path, reason } = await sheet.write();
  progress.saved({ path, ...sheet.size });
  const where = path === streamName ? "the standard output" : path;
  if (signal.aborted)
    throw new Interruption(
      `${crashText(signal)}Stopped after ${count} of ${cells.length} pictures: the sheet so far is in ${where}.`,
      exitCodeOf(signal.reason),
    );
  if (failure !== undefined)
    throw new Failure(
      `${sentenceOf(failure)} The sheet of ${count} of ${cells.length} pictures is in ${where}.`,
      { cause: failure },
    );
  if (reason !== undefined)
    throw new Failure(`${sentenceOf(reason)} The sheet is in ${where}.`, { cause: reason });
  if (path === streamName) return;
  progress.began(
    `Paint one of them large: brushwork ${[content, ...styles].join(" ")} --recipe ${path} ` +
      `--cell ${sheet.first} --size 1024`,
  );
}

function asValue(value: number) {
  return { text: String(value), value };
}

/** Every combination of the axes' values; the first axis goes across. */
function cellsOf(
  axes: readonly Axis[],
  options: PaintOptions,
): { readonly cells: readonly Cell[]; readonly columns: number } {
  const [across, ...down] = axes as readonly [Axis, ...Axis[]];
  const columns = down.length === 0 ? Math.min(across.values.length, mostColumns) : across.values.length;
  let combinations: readonly (readonly number[])[] = [[]];
  for (const { values } of [...down.toReversed(), across])
    combinations = combinations.flatMap((before) => values.map((_, i) => [i, ...before]));
  const ordered = [across, ...down];
  const cells = combinations.map((indices, i) => {
    const chosen = ordered.map(({ name, key, values }, axis) => ({
      name,
      key,
      ...values[indices[axis] ?? 0],
    }));
    return {
      name: `${columnName(i % columns)}${Math.floor(i / columns) + 1}`,
      setting: chosen.map(({ name, text = "" }) => `${name} ${shortened(text)}`).join(", "),
      options: { ...options, ...Object.fromEntries(chosen.map(({ key, value }) => [key, value])) },
    };
  });
  return { cells, columns };
}

/** A to Z, then AA. */
function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}

function checkCount(count: number, { force }: PaintOptions): void {
  if (count > mostCellsEver)
    throw new UsageError(
      `Expected a sweep of at most ${mostCellsEver} pictures, got ${count}: give fewer values.`,
    );
  if (count > mostCells && !force)
    throw new UsageError(
      `Expected a sweep of at most ${mostCells} pictures, got ${count}: give fewer values, or pass --force.`,
    );
}

/** Gathers pictures for one sheet. */
function sheetWriter(outputs: Outputs, cells: readonly Cell[], columns: number, replace: boolean) {
  const painted = new Map<string, Painted>();
  let cellSize = { width: 1, height: 1 };
  let size = { width: 0, height: 0 };
  return {
    get count() {
      return painted.size;
    },
    /** Name of the first picture that is on the sheet. */
    get first() {
      return painted.keys().next().value;
    },
    /** In pixels, once it is written. */
    get size() {
      return size;
    },
    cell: (name: string): PictureWriter => ({
      path: outputs.path,
      wants: () => false,
      async begin({ width, height }) {
        cellSize = { width: Math.max(cellSize.width, width), height: Math.max(cellSize.height, height) };
        const whole = {
          width: cellSize.width * columns,
          height: cellSize.height * Math.ceil(cells.length / columns),
        };
        if (outputs.path !== streamName)
          await checkRoom([{ path: outputs.path, bytes: expectedBytes(whole, outputs.format) }]);
      },
      intermediate: async () => {},
      async last(picture) {
        if (picture.recipe !== undefined) painted.set(name, picture);
        return { path: outputs.path };
      },
      end() {},
    }),
    /** Leaves a cell grey: the picture of a run that did not reach its end would be taken for the setting's. */
    drop: (name: string) => painted.delete(name),
    async write(): Promise<{ readonly path: string; readonly reason?: Error }> {
      const captioned = cells.map(({ name, setting }): SheetCell => {
        const picture: Picture | undefined = painted.get(name)?.picture;
        return { ...(picture && { picture }), caption: [name, ...setting.split(", ")] };
      });
      const sheet = await sheetOf(captioned, { columns, cell: cellSize });
      size = { width: sheet.width, height: sheet.height };
      const recipes = [...painted].map(([name, { recipe }]) => [name, recipe as Recipe] as const);
      const file = await encodePicture(sheet, outputs.format);
      const bytes = embedCells(file, new Map(recipes));
      if (outputs.path === streamName) {
        await writeStandardOutput(bytes);
        return { path: streamName };
      }
      const { path, failure } = await keepFile(outputs.path, bytes, { replace, elsewhere: true });
      return { path, ...(failure && { reason: failure }) };
    },
  };
}
