/** Files that the browser keeps for this site, by name. */
export interface KeptFiles {
  has(name: string): Promise<boolean>;
  /** @returns undefined when there is no file of that name, or the browser keeps nothing */
  read(name: string): Promise<KeptFile | undefined>;
  /** @throws {Error} when the browser keeps nothing here, or has no room */
  write(name: string, bytes: Uint8Array<ArrayBuffer>, sha256?: string): Promise<void>;
  remove(name: string): Promise<void>;
}

interface KeptFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Hash that was written with the file, hexadecimal. */
  readonly sha256: string | undefined;
}

const cacheName = "brushwork-weights";
const hashHeader = "x-sha256";

/** Keeps files in the Cache API. */
export function keptFiles(): KeptFiles {
  const match = async (name: string) => (await open().catch(() => undefined))?.match(address(name));
  return {
    has: async (name) => (await match(name)) !== undefined,
    async read(name) {
      const response = await match(name);
      if (response === undefined) return undefined;
      return {
        bytes: new Uint8Array(await response.arrayBuffer()),
        sha256: response.headers.get(hashHeader) ?? undefined,
      };
    },
    async write(name, bytes, sha256) {
      const headers = sha256 === undefined ? {} : { [hashHeader]: sha256 };
      try {
        await (await open()).put(address(name), new Response(bytes, { headers }));
      } catch (cause) {
        throw new Error(refusal(cause, bytes.length), { cause });
      }
    },
    async remove(name) {
      await (await open().catch(() => undefined))?.delete(address(name));
    },
  };
}

async function open(): Promise<Cache> {
  // Absent on insecure pages; refused where the user blocks storage.
  if (globalThis.caches === undefined) throw new Error("This page is not secure (https or localhost).");
  return caches.open(cacheName);
}

/** The Cache API wants addresses as names; nothing is ever fetched from this one. */
function address(name: string): string {
  return `https://brushwork.invalid/${encodeURIComponent(name)}`;
}

function refusal(cause: unknown, bytes: number): string {
  const megabytes = Math.ceil(bytes / 1e6);
  return cause instanceof Error && cause.name === "QuotaExceededError"
    ? `The browser has no room for ${megabytes} MB of weights. Free some space, or pick a weight file each time.`
    : "The browser keeps no weights for this page: the page is not secure, or the window is private, or storage is blocked. Pick a weight file each time.";
}
