/**
 * A safetensors file that need not be a good one.
 *
 * @param header an object, or JSON that no object has
 * @param claimed length of the header; absent: the true one
 */
export function safetensorsFile(
  header: object | string,
  data: readonly number[] = [],
  claimed?: bigint,
): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Uint8Array.from(Buffer.concat([length, json, Uint8Array.from(data)]));
}
