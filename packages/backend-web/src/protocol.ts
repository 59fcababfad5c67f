import { NoRoom, type Picture, type Recipe } from "@brushwork/core";
import type { EngineName, EngineSupport } from "./engine-names.js";
import type { PaintEvent } from "./paint-event.js";
import type { WeightCatalogue } from "./weights/catalogue.js";

/** A picture file, or a picture. */
export type PictureSource = Blob | Picture;

/** What to paint, as a message. */
export interface Job {
  readonly content: PictureSource;
  readonly styles: readonly { readonly picture: PictureSource; readonly weight?: number }[];
  readonly init?: PictureSource;
  readonly recipe?: Recipe;
  readonly weights?: Blob;
  readonly catalogue?: WeightCatalogue;
  /** To be tried in this order. */
  readonly engines: readonly EngineName[];
  readonly software: boolean;
  readonly previewEvery: number;
}

/** What a page asks its worker for. To abort, it ends the worker. */
export type Request =
  | { readonly type: "support" }
  | { readonly type: "paint"; readonly job: Job }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "stop" }
  | { readonly type: "weights"; readonly weights: Readonly<Record<string, number>> };

/** What the worker answers. */
export type Reply =
  | { readonly type: "support"; readonly engines: readonly EngineSupport[] }
  | { readonly type: "event"; readonly event: PaintEvent }
  | { readonly type: "failed"; readonly failure: Failure };

/** An error as a message. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** The engine that failed, where another may do better: its device was lost, or it has too little room. */
  readonly engine?: EngineName;
  /** Where it has too little room: pixels of the longer side of the largest picture that fits. */
  readonly longest?: number;
}

const classes = { Error, TypeError, RangeError };

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  return { name, message, ...(error instanceof NoRoom && { longest: error.longest }) };
}

/** The error that a failure was made of, without its cause. */
export function errorOf({ name, message, longest, engine }: Failure): Error {
  if (longest !== undefined) return new NoRoom(message, { engine: engine ?? "", longest });
  const known = Object.entries(classes).find(([className]) => className === name);
  if (known !== undefined) return new known[1](message);
  const error = new Error(message);
  error.name = name;
  return error;
}
