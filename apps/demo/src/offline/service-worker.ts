// Keeps the page, the engines, the weights and the gallery in the browser, so that the second visit works offline.
declare const self: ServiceWorkerGlobalScope;
/** The build fills in both. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const prefix = `brushwork-page ${self.registration.scope} `;
const cacheName = prefix + __VERSION__;
const files = __FILES__;
/** Addresses of the page itself; other pages may lie below it. */
const pageAddresses = ["./", "./index.html"].map((path) => new URL(path, self.registration.scope).pathname);

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles());
});

// A new version waits until the page asks for it, or until every tab of the old one is closed: an open tab may still
// need files of its own version.
self.addEventListener("message", ({ data }) => {
  if (data === "take over") void self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOlderFiles().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const ours = request.method === "GET" && request.url.startsWith(self.registration.scope);
  if (ours) event.respondWith(answer(request));
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  // Bypasses the browser's HTTP cache, which may hold the previous version.
  await cache.addAll(files.map((file) => new Request(file, { cache: "no-cache" })));
}

/** Keeps those of the previous version: another tab may still show it and load parts of it. */
async function removeOlderFiles(): Promise<void> {
  const older = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName);
  for (const name of older.slice(0, -1)) await caches.delete(name);
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const forPage = request.mode === "navigate" && pageAddresses.includes(new URL(request.url).pathname);
  const wanted = forPage ? "./" : request;
  const kept =
    (await cache.match(wanted, { ignoreSearch: true })) ??
    (await caches.match(request, { ignoreSearch: true }));
  return kept === undefined ? fetch(request) : isolated(kept);
}

/**
 * Makes the page cross-origin isolated, so that WebAssembly can use several threads. The host's headers could do so too,
 * but few file hosts let you set them.
 */
function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

// Makes this file a module for the compiler, which would take its names for global ones.
export {};
