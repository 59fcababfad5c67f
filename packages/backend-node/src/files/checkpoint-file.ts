import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { type Json, messageOf, OptionError, type RunState } from "@brushwork/core";
import { isJsonObject, parsedJson } from "@brushwork/core/reading";
import {
  type NamedArrays,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from "@brushwork/networks";
import { parseRecipe } from "@brushwork/recipes";
import type { Checkpoint, CheckpointPace, RunEvent } from "@brushwork/runs";
import { keepFile } from "./keep-file.js";
import { readBytes } from "./read-file.js";

/** The version of the format, which changes with what a state consists of. */
const formatVersion = "1";

/** A checkpoint, and what the program that wrote it added to go on by. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note?: Json;
}

/** Where a run keeps its checkpoints: a file that is replaced by each. */
export interface CheckpointFile {
  /** Where the latest one is; undefined before there is one. */
  readonly path: string | undefined;
  /** Writes a run's checkpoints and hands its other events on. Where one cannot be written, a notice says so. */
  keeping(events: AsyncIterable<RunEvent>): AsyncIterable<RunEvent>;
  /** Deletes the file, which nobody needs any more. */
  remove(): Promise<void>;
}

/** How a run keeps its checkpoints. */
export interface CheckpointFileOptions {
  /** Told of each checkpoint that was written. */
  readonly pace: Pick<CheckpointPace, "written">;
  /** What the program needs to go on besides the checkpoint. */
  readonly note?: Json;
  /** Whether a file that is there is replaced by the first checkpoint; otherwise it goes beside it. @default true */
  readonly replace?: boolean;
  /** Whether the file is there as this run's, which goes on from it. @default false */
  readonly isThere?: boolean;
}

/** A file for a run's checkpoints. Each is written whole or not at all, so that the one before is there until then. */
export function checkpointFile(
  wanted: string,
  { pace, note, replace = true, isThere = false }: CheckpointFileOptions,
): CheckpointFile {
  let path = isThere ? wanted : undefined;
  const write = async (checkpoint: Checkpoint) => {
    const bytes = checkpointBytes({ checkpoint, ...(note !== undefined && { note }) });
    const kept = await keepFile(path ?? wanted, bytes, {
      replace: replace || path !== undefined,
      elsewhere: false,
    });
    path = kept.path;
  };
  return {
    get path() {
      return path;
    },
    async *keeping(events) {
      for await (const event of events) {
        if (event.type !== "checkpoint") {
          yield event;
          continue;
        }
        try {
          await write(event.checkpoint);
        } catch (error) {
          yield { type: "notice", kind: "no checkpoint", reason: messageOf(error) };
        }
        pace.written();
      }
    },
    async remove() {
      if (path !== undefined) await rm(path, { force: true });
      path = undefined;
    },
  };
}

/** The bytes of a checkpoint file: safetensors, whose metadata have all but the arrays as JSON, and a digest of it all. */
export function checkpointBytes({ checkpoint, note }: StoredCheckpoint): Uint8Array {
  const { state, ...rest } = checkpoint;
  const { arrays, ...numbers } = state;
  const text = JSON.stringify({ ...rest, state: numbers, ...(note !== undefined && { note }) });
  return writeSafetensors(arrays, {
    metadata: { "brushwork.checkpoint": formatVersion, run: text, sha256: digestOf(text, arrays) },
  });
}

/**
 * Reads a file that `checkpointFile` wrote, for `Job.resume`.
 * @param source the file's name, or its bytes
 * @throws {Error} when it cannot be read
 * @throws {OptionError} when it is no checkpoint, is cut off or damaged, or was written by another version
 */
export async function readCheckpoint(source: string | Uint8Array): Promise<StoredCheckpoint> {
  const path = typeof source === "string" ? source : "the bytes";
  const bytes = typeof source === "string" ? await readBytes(source, "the checkpoint of a run") : source;
  const { version, text, sha256, arrays } = partsOf(path, bytes);
  if (version === undefined)
    throw new OptionError(`Expected ${path} to be the checkpoint of a run, got another file.`);
  if (version !== formatVersion)
    throw new OptionError(
      `Expected ${path} to be of format ${formatVersion}, got ${version}: go on with the version of Brushwork that wrote it, or paint anew.`,
    );
  if (sha256 !== digestOf(text, arrays)) throw damaged(path, "its digest does not match");
  try {
    return storedOf(parsedJson(text), arrays);
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
}

function partsOf(path: string, bytes: Uint8Array) {
  try {
    const { "brushwork.checkpoint": version, run: text = "", sha256 } = readSafetensorsMetadata(bytes);
    return { version, text, sha256, arrays: readSafetensors(bytes) };
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
}

function damaged(path: string, reason: string): OptionError {
  return new OptionError(
    `Expected ${path} to be a whole checkpoint, got a damaged one (${reason.replace(/\.$/, "")}): paint anew, or go on from another one.`,
  );
}

/** Core checks the state against the run; here is only what has to be known before that. */
function storedOf(json: unknown, arrays: NamedArrays): StoredCheckpoint {
  const { recipe, engine, inputs, weights, state, note } = isJsonObject(json) ? json : {};
  if (!isJsonObject(state) || !isCounts(state.steps)) throw new Error("it has no steps");
  if (!Array.isArray(inputs) || !inputs.every(isPair)) throw new Error("it does not name its pictures");
  if (typeof engine !== "string" || !isJsonObject(weights)) throw new Error("it has no engine or weights");
  return {
    checkpoint: {
      recipe: parseRecipe(recipe),
      engine,
      inputs,
      weights: weights as Checkpoint["weights"],
      state: { ...(state as unknown as RunState), arrays },
    },
    ...(note !== undefined && { note }),
  };
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}

function digestOf(text: string, arrays: NamedArrays): string {
  const hash = createHash("sha256").update(text);
  for (const [name, { shape, data }] of Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
