import { signal } from "@preact/signals";

/** A newer version of the page that waits to be used. */
export const newerVersion = signal<ServiceWorker | undefined>(undefined);

/** Keeps the page for offline use, where the browser can and lets us. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("./service-worker.js");
    const offer = (worker: ServiceWorker | null) => {
      // The first version of all has nothing to replace.
      if (worker?.state === "installed" && navigator.serviceWorker.controller) newerVersion.value = worker;
    };
    offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => offer(installing));
    });
  } catch {
    // No storage, or no secure address: the page works as long as there is a network.
  }
}

/** Loads the page again, in its newer version. */
export function useNewerVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  newerVersion.value?.postMessage("take over");
}
