import { weightStore } from "@brushwork/backend-web";
import { signal } from "@preact/signals";
import { machine } from "#machine";
import { sentenceOf } from "../sentence.js";
import { change } from "../settings/current.js";

/** Whether the browser keeps VGG-19's weights, or the server has them. */
export const kept = signal(false);
/** VGG-19's weights for as long as the page is open, if the browser does not keep them, and why it does not. */
export const unkept = signal<{ readonly weights: Blob; readonly reason: string } | undefined>(undefined);
export const download = signal<{ readonly received: number; readonly total: number } | undefined>(undefined);
/** Whether the page is asking to download VGG-19. */
export const weightsWanted = signal(false);
export const weightsProblem = signal<string | undefined>(undefined);

let cancellation: AbortController | undefined;

/** Whether VGG-19's weights are available without a download. */
export async function haveWeights(): Promise<boolean> {
  if (unkept.peek() !== undefined || kept.peek()) return true;
  try {
    kept.value = await machine.hasWeights();
  } catch {
    kept.value = false;
  }
  return kept.value;
}

/** @returns whether they were downloaded */
export async function downloadWeights(): Promise<boolean> {
  cancellation = new AbortController();
  const { signal: cancelled } = cancellation;
  weightsProblem.value = undefined;
  download.value = { received: 0, total: 0 };
  try {
    const pulled = await weightStore().pull("vgg19", {
      signal: cancelled,
      onProgress: (progress) => {
        download.value = progress;
      },
    });
    take(pulled.weights, pulled.unkept);
    return true;
  } catch (error) {
    if (!cancelled.aborted) weightsProblem.value = sentenceOf(error);
    return false;
  } finally {
    download.value = undefined;
  }
}

export function cancelDownload(): void {
  cancellation?.abort();
}

/** Uses the visitor's own weight file. It is read, and checked, only when it paints. */
export async function takeWeights(file: Blob): Promise<void> {
  try {
    await weightStore().keep("vgg19", file);
    take(file);
  } catch (error) {
    take(file, sentenceOf(error));
  }
}

function take(weights: Blob, reason?: string): void {
  kept.value = reason === undefined;
  unkept.value = reason === undefined ? undefined : { weights, reason };
  change({ network: "vgg19" });
}

export async function removeWeights(): Promise<void> {
  unkept.value = undefined;
  kept.value = false;
  change({ network: "compact" });
  await weightStore().remove("vgg19");
}
