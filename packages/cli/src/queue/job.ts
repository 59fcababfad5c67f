import { type PictureFormat, pictureFormats } from "@brushwork/backend-node";
import type { JsonSchema } from "@brushwork/core";
import { isJsonObject } from "@brushwork/core/reading";
import { parseRecipe, type Recipe } from "@brushwork/recipes";
import { checkOptions } from "@brushwork/runs";
import { Unpaintable } from "./outcomes.js";

/** A picture that is to be painted, as data. Files are named by their keys in the store. */
export interface PaintJob {
  /** The name of the picture, as messages show it. */
  readonly name: string;
  /** Identity of the store that has the files. */
  readonly store: string;
  readonly recipe: Recipe;
  /** Whether the network compact may stand in for the recipe's. */
  readonly standIn: boolean;
  readonly content: string;
  readonly styles: readonly string[];
  readonly init?: string;
  /** Where the run's checkpoint goes. */
  readonly checkpoint: string;
  /** Where the picture goes. */
  readonly output: string;
  readonly format: PictureFormat;
  readonly quality?: number;
  /** Whether the picture goes without the EXIF and the density of the content's file. */
  readonly strip?: boolean;
}

/** How far a job is. */
export interface JobProgress {
  /** Steps that are done, and all of them. */
  readonly step: number;
  readonly total: number;
}

/** The names of pictures and checkpoints in a store: below a batch's own folder, and nowhere else. */
const key = { type: "string", pattern: "^[\\w-]+(/[\\w-]+){1,2}(\\.\\w+)?$" };

const schema = {
  type: "object",
  properties: {
    name: { type: "string" },
    store: { type: "string" },
    recipe: { type: "object" },
    standIn: { type: "boolean" },
    content: key,
    styles: { type: "array", items: key, minItems: 1 },
    init: key,
    checkpoint: key,
    output: key,
    format: { enum: [...pictureFormats] },
    quality: { type: "integer", minimum: 1, maximum: 100 },
    strip: { type: "boolean" },
  } satisfies Readonly<Record<keyof PaintJob, JsonSchema>>,
  required: ["name", "store", "recipe", "standIn", "content", "styles", "checkpoint", "output", "format"],
  additionalProperties: false,
};

/** A job that came from a queue, to which others may have written. @throws {Unpaintable} when it is none */
export function checkedJob(data: unknown): PaintJob {
  try {
    if (!isJsonObject(data)) throw new Error("It is not an object.");
    checkOptions("the job", schema, data);
    return { ...(data as unknown as PaintJob), recipe: parseRecipe(data.recipe) };
  } catch (error) {
    throw new Unpaintable(
      `The job is not one that this version of brushwork can paint: hand it over again with the version that the workers run. ${(error as Error).message}`,
      { cause: error },
    );
  }
}
