/** Shapes of arrays by name, in the order of their data. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Size of float32 arrays in bytes. */
export function bytesOf(shapes: Shapes): number {
  return Object.values(shapes).reduce((sum, shape) => sum + arrayBytes(shape), 0);
}

/**
 * The beginning of a safetensors file; the float32 data of the arrays follows, one after the other.
 * @param metadata what the file says about itself
 */
export function safetensorsHeader(
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const begin = end;
    end += arrayBytes(shape);
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }] as const;
  });
  const json = new TextEncoder().encode(
    JSON.stringify({
      ...(Object.keys(metadata).length > 0 && { __metadata__: metadata }),
      ...Object.fromEntries(entries),
    }),
  );
  // The data begins at a multiple of eight.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

function arrayBytes(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, Float32Array.BYTES_PER_ELEMENT);
}
