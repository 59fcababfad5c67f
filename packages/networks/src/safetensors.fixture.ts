/**
 * A safetensors file, which may be malformed.
 *
 * @param header an object, or text for what no object can express
 * @param claimed length of the header that the file claims; absent: the true one
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
