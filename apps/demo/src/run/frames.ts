import { encodePicture } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { signal } from "@preact/signals";

/** At most this many pictures of a run are kept; then every other one is let go. */
const mostFrames = 240;

/** The run so far, as small files in the order they were painted. */
export const frames = signal<readonly Blob[]>([]);

let every = 1;
let seen = 0;
/** One after the other: encoding takes its time, and frames must not overtake each other. */
let queue = Promise.resolve();

export function clearFrames(): void {
  every = 1;
  seen = 0;
  queue = queue.then(() => {
    frames.value = [];
  });
}

export function keepFrame(picture: Picture): void {
  if (seen++ % every !== 0) return;
  queue = queue.then(() => encodePicture(picture, { type: "jpeg" })).then(add, () => {});
}

/** When all frames are encoded. */
export function framesSettled(): Promise<void> {
  return queue;
}

function add(frame: Blob): void {
  frames.value = [...frames.value, frame];
  if (frames.value.length < mostFrames) return;
  frames.value = frames.value.filter((_, i) => i % 2 === 0);
  every *= 2;
}
