import * as tf from "@tensorflow/tfjs-core";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { type Picture, transparency } from "./picture.js";
import { plan } from "./plan.js";
import { readPicture, start } from "./position.js";
import type { StylizeOptions } from "./run-options.js";

/**
 * The picture that a run starts from, at the size of its first scale.
 * @throws as `plan` does
 */
export async function initialPicture(options: StylizeOptions): Promise<Picture> {
  const run = plan(options);
  const [scale] = run.scales;
  if (scale === undefined) throw new Error("Expected a plan to have a scale.");
  const optimizer = options.optimizer ?? averaged(adam());
  const position = tf.tidy(() => start(run, scale, optimizer, options));
  const hidden = transparency(options.content, scale.content);
  try {
    return await readPicture(position, optimizer, run.margin, hidden);
  } finally {
    tf.dispose([position, hidden]);
  }
}
