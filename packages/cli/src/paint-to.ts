import { encodePicture, writeFileAtomically, writePicture } from "@brushwork/backend-node";
import {
  embedRecipe,
  formatRecipe,
  initialPicture,
  type Picture,
  plan,
  type Recipe,
  type Step,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import { estimatedSeconds } from "./estimated-seconds.js";
import { checkedOptions, exitCodeOf, Failure, Interruption, sentenceOf } from "./failure.js";
import type { Outputs } from "./outputs.js";
import { paceOf } from "./pace.js";
import { pictureKeeper } from "./picture-keeper.js";
import type { Progress } from "./progress.js";
import { recipeUpTo, stepsOf } from "./recipe-of-options.js";
import { streamName, writeStandardOutput } from "./standard-streams.js";

const now = () => performance.now();

/**
 * Paints, tells of it, and writes each picture with the recipe that paints it again; then hands the step on.
 *
 * @throws {Interruption} once the signal is aborted and the picture so far is written
 * @throws {Failure} when the run fails; the last picture that was kept is written then
 */
export async function* paintTo(
  outputs: Outputs,
  run: StylizeOptions,
  recipe: Recipe,
  {
    quality,
    saveRecipe,
    threads,
  }: { readonly quality?: number; readonly saveRecipe?: string; readonly threads?: number },
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<Step, void, void> {
  const { scales, margin, bytes, operations } = checkedOptions(() => plan(run));
  const steps = stepsOf(recipe);
  const [height, width] = scales.at(-1)?.size ?? [0, 0];
  const seconds = estimatedSeconds(run.engine.name, operations, threads);
  progress.started({
    recipe,
    engine: run.engine.name,
    device: run.engine.device,
    width,
    height,
    steps,
    ...(bytes !== undefined && { bytes }),
    ...(seconds !== undefined && { seconds }),
  });
  if (saveRecipe !== undefined) {
    await writeFileAtomically(saveRecipe, Buffer.from(formatRecipe(recipe)));
    progress.saved({ path: saveRecipe });
  }
  const start = outputs.intermediate.get(0);
  if (start !== undefined) await save(start, await initialPicture(run), 0);

  const beganAt = now();
  const pace = paceOf(scales, margin, now);
  const keeper = pictureKeeper(now);
  try {
    for await (const step of stylize(run)) {
      await tell(step);
      if (step.last) {
        await save(outputs.path, await step.picture(), step.index);
        yield step;
        continue;
      }
      if (signal.aborted) {
        await save(outputs.path, await step.picture(), step.index);
        throw new Interruption(
          `Stopped at step ${step.index} of ${steps}: the picture so far is in ${where(outputs.path)}.`,
          exitCodeOf(signal.reason),
        );
      }
      const name = outputs.intermediate.get(step.index);
      if (name !== undefined) await save(name, await step.picture(), step.index);
      await keeper.offer(step);
      yield step;
    }
  } catch (cause) {
    const kept = keeper.kept();
    // Stopped, the picture is written already; diverged, it is not worth it.
    if (cause instanceof Failure || kept === undefined) throw cause;
    await save(outputs.path, kept.picture, kept.step);
    throw new Failure(
      `${sentenceOf(cause)} The picture of step ${kept.step} of ${steps} is in ${where(outputs.path)}.`,
      { cause },
    );
  }
  progress.finished({ steps, seconds: (now() - beganAt) / 1000 });

  async function tell(step: Step): Promise<void> {
    const times = pace();
    const wanted = progress.wants(step);
    if (!wanted && !step.last) return;
    const losses = await step.losses();
    const { index, total, width, height } = step;
    if (wanted) progress.stepped({ step: index, total, width, height, losses, ...times });
  }

  async function save(path: string, picture: Picture, step: number): Promise<void> {
    const options = {
      ...(quality !== undefined && { quality }),
      ...(step > 0 && { recipe: recipeUpTo(recipe, step) }),
    };
    if (path === streamName) {
      const encoded = await encodePicture(picture, outputs.format, options);
      await writeStandardOutput(embedRecipe(encoded, recipeUpTo(recipe, step)));
    } else await writePicture(path, picture, options);
    progress.saved({ path, step, width: picture.width, height: picture.height });
  }
}

function where(path: string): string {
  return path === streamName ? "the standard output" : path;
}
