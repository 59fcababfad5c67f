import type { Picture } from "@brushwork/core";
import { signal } from "@preact/signals";
import type { Variant } from "../settings/variants.js";

/** A variant of the settings, with the small picture that is painted with it. */
export interface Try extends Variant {
  /** Undefined until its first strokes. */
  readonly picture?: Picture;
}

/** The four that are tried; undefined where none are. */
export const tries = signal<readonly Try[] | undefined>(undefined);
