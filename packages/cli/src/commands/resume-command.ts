import { stat } from "node:fs/promises";
import { checkpointFile, readCheckpoint } from "@brushwork/backend-node";
import { stepsOf } from "@brushwork/recipes";
import { checkpointPace } from "@brushwork/runs";
import { asUsageError, UsageError } from "../failure.js";
import { contentMetadata } from "../files/content-metadata.js";
import { checkInputs, type Inputs, inputsOf, namesOf } from "../files/inputs.js";
import { checkOutputs, type OutputOptions, outputsOf } from "../files/outputs.js";
import { pictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { streamName } from "../files/standard-streams.js";
import type { Progress } from "../reports/progress.js";
import { type MachineOptions, runRecipe } from "../run-recipe.js";
import { noteOf, type StoredWords, wordsOfNote } from "../stored-words.js";
import { type LossOptions, withLosses } from "../wanted-losses.js";
import { initFile, maskFiles } from "./paint-command.js";

export interface ResumeOptions
  extends MachineOptions,
    Pick<LossOptions, "loss" | "allowPlugins">,
    Pick<OutputOptions, "output" | "force" | "format" | "quality" | "strip">,
    Pick<StoredWords, "init" | "contentMask" | "styleMask" | "weights"> {}

/**
 * Goes on with a run from its checkpoint, with the pictures, the output and the options of before where the command line
 * does not give others.
 *
 * @param pictures content and styles, where they are now; none: where they were
 * @param signal whose reason is an Interruption; the picture so far is written then
 */
export async function resume(
  path: string,
  pictures: readonly string[],
  options: ResumeOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { checkpoint, note } = await readCheckpoint(path).catch((error: unknown) => {
    throw asUsageError(error);
  });
  const { format: formatBefore, ...before } = wordsOfNote(note);
  const words = {
    ...before,
    // Another name may end in another format.
    ...(formatBefore !== undefined && options.output === undefined && { format: formatBefore }),
    ...options,
  };
  const { content, styles = [] } =
    pictures.length > 0 ? { content: pictures[0], styles: pictures.slice(1) } : before;
  // What came from the standard input has to come again.
  const areGiven = pictures.length > 0 || (content !== streamName && !styles.includes(streamName));
  if (content === undefined || styles.length === 0 || !areGiven)
    throw new UsageError(
      `Expected the pictures that the run was painting with: name them, brushwork resume ${path} CONTENT STYLE...`,
    );
  const { recipe, state } = checkpoint;
  const { plugins } = await withLosses(recipe, options);
  const masks = maskFiles(recipe, styles.length, words);
  const inputs: Inputs = { content, styles, ...initFile(recipe, words), masks };
  checkInputs(inputs);
  await checkThere(path, inputs);
  const outputs = outputsOf(words, [content, ...styles], before.steps ?? stepsOf(recipe));
  // Pictures on the way may be there already, from this run.
  const { path: output, format } = outputs;
  const { frames: _, ...checked } = words;
  const files = [path, ...namesOf(inputs), ...(await readFiles(words))];
  await checkOutputs({ path: output, format, intermediate: new Map() }, files, checked);
  const index = state.steps.reduce((sum, steps) => sum + steps, 0);
  progress.began(`Going on after step ${index}.`);
  const metadata = contentMetadata(words);
  const writer = pictureWriter(outputs, { ...words, after: index, metadata: metadata.current }, progress);
  const pace = checkpointPace(() => performance.now());
  const file = checkpointFile(path, {
    pace,
    note: noteOf({ ...words, content, styles, output }),
    isThere: true,
  });
  await runRecipe(
    {
      recipe,
      plugins,
      names: { content, styles },
      writer,
      resume: checkpoint,
      checkpoints: { file, pace },
      ...inputsOf(inputs, metadata.found),
    },
    words,
    progress,
    signal,
  );
}

/** @throws {UsageError} when a picture is not where it was */
async function checkThere(path: string, inputs: Inputs): Promise<void> {
  for (const name of namesOf(inputs))
    if (name !== streamName && (await stat(name).catch(() => undefined)) === undefined)
      throw new UsageError(
        `Expected ${name}, which the run was painting with, found none: say where the pictures are, ` +
          `brushwork resume ${path} CONTENT STYLE...; a mask or a start with the option of its name.`,
      );
}
