/** Whether hashes can be computed: browsers compute them only on secure pages (https, localhost). */
export function canHash(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/** A SHA-256 hash, hexadecimal. */
export async function sha256(bytes: BufferSource): Promise<string> {
  return hexadecimal(await crypto.subtle.digest("SHA-256", bytes));
}

/** The hash that Git names a file's content by, hexadecimal. */
export async function gitSha1(bytes: Uint8Array): Promise<string> {
  const header = new TextEncoder().encode(`blob ${bytes.length}\0`);
  const object = new Uint8Array(header.length + bytes.length);
  object.set(header);
  object.set(bytes, header.length);
  return hexadecimal(await crypto.subtle.digest("SHA-1", object));
}

function hexadecimal(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
