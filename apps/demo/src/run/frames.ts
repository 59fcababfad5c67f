import { encodePicture } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { signal } from "@preact/signals";
import { type ThinnedList, thinnedList } from "./thinned-list.js";

const mostFrames = 240;

/** Small files in the order they were painted; undefined for one that the browser could not encode. */
let frames: ThinnedList<Promise<Blob | undefined>> = thinnedList(mostFrames);
/** The latest frame: encoding takes time, and goes one by one. */
let latest: Promise<unknown> = Promise.resolve();

/** Number of pictures that a film of the run would have. */
export const frameCount = signal(0);

export function clearFrames(): void {
  frames = thinnedList(mostFrames);
  frameCount.value = 0;
}

export function keepFrame(picture: Picture): void {
  frames.offer(() => {
    const frame = latest.then(() => encodePicture(picture, "jpeg")).catch(() => undefined);
    latest = frame;
    return frame;
  });
  frameCount.value = frames.entries.length;
}

/** The pictures of the run so far, once all of them are encoded. */
export async function encodedFrames(): Promise<readonly Blob[]> {
  return (await Promise.all(frames.entries)).filter((frame) => frame !== undefined);
}
