import { existsSync } from "node:fs";
import {
  type CheckpointFile,
  type EngineName,
  type NodeHostOptions,
  nodeHost,
  type PictureSource,
  type Precision,
  type ReadingOptions,
} from "@brushwork/backend-node";
import { Diverged, type Picture } from "@brushwork/core";
import { compactRecipe, type Recipe } from "@brushwork/recipes";
import { type CheckpointPace, type Host, type Job, type RunControl, run } from "@brushwork/runs";
import { asUsageError, Failure, Interruption, UsageError } from "./failure.js";
import type { PictureWriter } from "./files/picture-writer.js";
import { type FollowOptions, followRun } from "./reports/follow-run.js";
import type { PictureNames, Progress } from "./reports/progress.js";

export interface MachineOptions {
  readonly engine?: EngineName | "auto";
  readonly threads?: number;
  readonly precision?: Precision;
  /** In bytes. */
  readonly memory?: number;
}

/** The options that a network is chosen by. */
export interface NetworkChoice {
  readonly network?: string;
  /** A weight file. */
  readonly weights?: string;
  readonly recipe?: string;
}

/** A picture, read when the recipe has been found to be possible. */
type Input = (options: ReadingOptions) => Promise<Picture>;

/** What is painted, and what becomes of the pictures. */
export interface Commission
  extends Pick<Job<Input>, "content" | "styles" | "init" | "masks" | "plugins" | "resume"> {
  readonly recipe: Recipe;
  /** The names of the pictures, for the reports. */
  readonly names: PictureNames;
  readonly writer: PictureWriter;
  /** For several runs, one after another. Absent: the run starts an engine of its own. */
  readonly host?: Host<PictureSource>;
  /** Where the run keeps its checkpoints; absent where it keeps none. */
  readonly checkpoints?: { readonly file: CheckpointFile; readonly pace: CheckpointPace } | undefined;
}

/**
 * Paints by a recipe, prints what happens and gives the pictures to the writer.
 *
 * @param signal whose reason is an Interruption; the picture so far is written then
 * @throws {UsageError} when the recipe or the options cannot be, or no engine has room
 */
export async function runRecipe(
  { recipe, names, writer, checkpoints, host: shared, ...sources }: Commission,
  options: MachineOptions & NetworkChoice & Omit<FollowOptions, keyof MachineOptions | "names">,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { memory } = options;
  const control: RunControl = {
    get stopped() {
      return signal.aborted;
    },
    wantsLosses: (step) => progress.wants(step),
    wantsPicture: ({ index }) => writer.wants(index),
    ...(checkpoints && { wantsCheckpoint: checkpoints.pace.due }),
  };
  try {
    const host: Host<Input> = {
      ...(shared ?? nodeHost(hostOptions(options))),
      picture: (read, reading) => read(reading),
    };
    const job = {
      ...sources,
      ...networkChosen(recipe, options),
      ...(memory !== undefined && { memoryBytes: memory }),
    };
    const events = run(job, host, control);
    await followRun(
      checkpoints?.file.keeping(events) ?? events,
      writer,
      { ...options, names },
      progress,
      signal,
    );
    if (!options.dryRun) await checkpoints?.file.remove();
  } catch (error) {
    // It would diverge again.
    if ((error as Error | undefined)?.cause instanceof Diverged) await checkpoints?.file.remove();
    throw withWayOn(asUsageError(error), checkpoints?.file.path, writer.path);
  }
}

/** The machine that the options ask for. */
export function hostOptions({
  engine,
  threads,
  precision,
  weights,
}: MachineOptions & NetworkChoice): Omit<NodeHostOptions, "network"> {
  return {
    ...(engine !== undefined && { engine }),
    ...(weights !== undefined && { weights }),
    engineOptions: {
      ...(threads !== undefined && { threads }),
      ...(precision !== undefined && { precision }),
    },
  };
}

/** An error that also says how to go on with the run. */
function withWayOn(error: unknown, checkpoint: string | undefined, output: string): unknown {
  if (checkpoint === undefined || !(error instanceof Failure) || error instanceof UsageError) return error;
  const name = /^[\w./\\:-]+$/.test(checkpoint) ? checkpoint : JSON.stringify(checkpoint);
  const force = existsSync(output) ? " --force" : "";
  const message = `${error.message} Go on with it: brushwork resume ${name}${force}`;
  return error instanceof Interruption
    ? new Interruption(message, error.exitCode)
    : new Failure(message, { cause: error.cause });
}

/**
 * The recipe for the network that the options choose, and whether compact may stand in for it. Presets are meant for
 * VGG-19; a recipe that was given is for the network that it names. Who names a network, or a recipe that does, gets that
 * one or none; a preset that names weights gets none other.
 */
export function networkChosen(recipe: Recipe, { network, weights, recipe: given }: NetworkChoice) {
  const named = network ?? weights ?? given ?? recipe.network.weights;
  const isForCompact = recipe.network.name === "compact" && given === undefined;
  return { recipe: isForCompact ? compactRecipe(recipe) : recipe, standIn: named === undefined };
}
