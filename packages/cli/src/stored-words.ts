import { resolve } from "node:path";
import {
  type EngineName,
  engineNames,
  type PictureFormat,
  type Precision,
  pictureFormats,
  precisions,
} from "@brushwork/backend-node";
import { isJsonObject, type Json, type JsonSchema } from "@brushwork/core";
import { checkOptions } from "@brushwork/runs";
import { asUsageError } from "./failure.js";
import { streamName } from "./files/standard-streams.js";
import { noMask } from "./option-values.js";

/** What a checkpoint keeps of a command line: what the recipe does not say. Names of files are whole paths. */
export interface StoredWords {
  readonly content?: string;
  readonly styles?: readonly string[];
  readonly output?: string;
  readonly format?: PictureFormat;
  readonly quality?: number;
  readonly strip?: boolean;
  readonly saveEvery?: number;
  readonly frames?: string;
  readonly init?: string;
  readonly contentMask?: readonly string[];
  readonly styleMask?: readonly string[];
  readonly weights?: string;
  readonly engine?: EngineName | "auto";
  readonly threads?: number;
  readonly precision?: Precision;
  /** Number of steps that were asked for, which the names of pictures on the way depend on. */
  readonly steps?: number;
  /** Digest of what a batch was asked to paint: it goes on from no other checkpoint. */
  readonly asked?: string;
}

const text = { type: "string" };
const texts = { type: "array", items: text };
const count = { type: "integer", minimum: 1 };

const schema = {
  type: "object",
  properties: {
    content: text,
    styles: texts,
    output: text,
    format: { enum: [...pictureFormats] },
    quality: { ...count, maximum: 100 },
    strip: { type: "boolean" },
    saveEvery: count,
    frames: text,
    init: text,
    contentMask: texts,
    styleMask: texts,
    weights: text,
    engine: { enum: ["auto", ...engineNames] },
    threads: { ...count, maximum: 1024 },
    precision: { enum: [...precisions] },
    steps: count,
    asked: text,
  } satisfies Readonly<Record<keyof StoredWords, JsonSchema>>,
  additionalProperties: false,
};

/** What to keep in a checkpoint of a command line. */
export function noteOf(words: StoredWords): Json {
  const { styles, contentMask, styleMask } = words;
  const { content, output, frames, init, weights } = words;
  const files = { content, output, frames, init, weights };
  const all = {
    ...words,
    ...Object.fromEntries(Object.entries(files).map(([name, file]) => [name, file && wholePath(file)])),
    styles: styles?.map(wholePath),
    contentMask: contentMask?.map(wholePath),
    styleMask: styleMask?.map(wholePath),
  };
  return JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        Object.keys(schema.properties).map((name) => [name, all[name as keyof StoredWords]]),
      ),
    ),
  );
}

/** What a checkpoint keeps of a command line; nothing where a program wrote it. @throws {UsageError} when it cannot be */
export function wordsOfNote(note: Json | undefined): StoredWords {
  if (note === undefined) return {};
  try {
    checkOptions("the checkpoint's command", schema, isJsonObject(note) ? note : { note });
  } catch (error) {
    throw asUsageError(error);
  }
  return note as StoredWords;
}

function wholePath(name: string): string {
  return name === streamName || name === noMask ? name : resolve(name);
}
