import { weightStore } from "@brushwork/backend-web";
import { signal } from "@preact/signals";
import { sentenceOf } from "../sentence.js";
import { change } from "../settings/current.js";

/** Whether the browser keeps VGG-19's weights. */
export const kept = signal(false);
/** A weight file that was picked, for as long as the page is open. */
export const ownWeights = signal<Blob | undefined>(undefined);
export const download = signal<{ readonly loaded: number; readonly total: number } | undefined>(undefined);
/** Whether the question stands if VGG-19 shall be downloaded. */
export const weightsWanted = signal(false);
export const weightsProblem = signal<string | undefined>(undefined);

let cancellation: AbortController | undefined;

/** Whether VGG-19 can paint without a further question. */
export async function haveWeights(): Promise<boolean> {
  if (ownWeights.peek() !== undefined || kept.peek()) return true;
  try {
    kept.value = (await weightStore().status("vgg19")) === "kept";
  } catch {
    kept.value = false;
  }
  return kept.value;
}

/** @returns whether they are there now */
export async function downloadWeights(): Promise<boolean> {
  cancellation = new AbortController();
  const { signal: cancelled } = cancellation;
  weightsProblem.value = undefined;
  download.value = { loaded: 0, total: 0 };
  try {
    await weightStore().pull("vgg19", {
      signal: cancelled,
      progress: (progress) => {
        download.value = progress;
      },
    });
    kept.value = true;
    change({ network: "vgg19" });
  } catch (error) {
    if (!cancelled.aborted) weightsProblem.value = sentenceOf(error);
  } finally {
    download.value = undefined;
  }
  return kept.value;
}

export function cancelDownload(): void {
  cancellation?.abort();
}

/** A weight file of one's own; what is wrong with it shows when it paints. */
export function takeWeights(file: Blob): void {
  ownWeights.value = file;
  change({ network: "vgg19" });
}

export async function removeWeights(): Promise<void> {
  ownWeights.value = undefined;
  kept.value = false;
  change({ network: "compact" });
  await weightStore().remove("vgg19");
}
