import { signal } from "@preact/signals";
import { machine } from "#machine";

/** A newer version of the page, ready to be used. */
export const newerVersion = signal<ServiceWorker | undefined>(undefined);

/** Keeps the page for offline use, if the browser can and allows it. */
export async function keepOffline(): Promise<void> {
  if (machine.kind === "server" || !import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("./service-worker.js");
    const offer = (worker: ServiceWorker | null) => {
      // The first version replaces nothing.
      if (worker?.state === "installed" && navigator.serviceWorker.controller) newerVersion.value = worker;
    };
    offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => offer(installing));
    });
  } catch {
    // Without storage or on an insecure page, the page still works online.
  }
}

/** Reloads the page in its newer version. */
export function useNewerVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  newerVersion.value?.postMessage("take over");
}
