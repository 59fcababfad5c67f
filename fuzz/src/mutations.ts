import fc from "fast-check";

/** A change of some bytes; places are fractions of the length that they have by then. */
type Edit = (bytes: Uint8Array) => Uint8Array;

const place = fc.oneof(
  // Headers lie at the beginning, and sizes in them are what harms.
  fc.integer({ min: 0, max: 255 }).map((at) => (length: number) => Math.min(at, length)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => (length: number) => Math.floor(share * length)),
);

const hostileNumbers = fc.constantFrom(0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff);

const edit = fc.oneof(
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([at, values]): Edit => {
    return (bytes) => overwritten(bytes, at(bytes.length), values);
  }),
  fc
    .tuple(place, hostileNumbers, fc.constantFrom(1, 2, 4), fc.boolean())
    .map(([at, number, length, isLittle]): Edit => {
      const values = new Uint8Array(4);
      new DataView(values.buffer).setUint32(0, number, isLittle);
      const written = isLittle ? values.subarray(0, length) : values.subarray(4 - length);
      return (bytes) => overwritten(bytes, at(bytes.length), written);
    }),
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([at, bit]): Edit => {
    return (bytes) => {
      const i = at(bytes.length);
      return overwritten(bytes, i, [(bytes[i] ?? 0) ^ (1 << bit)]);
    };
  }),
  // Two places: what lies between them is left out, said twice, or the file ends there.
  fc.tuple(place, place, fc.constantFrom("removed", "doubled", "cut")).map(([a, b, kind]): Edit => {
    return (bytes) => {
      const [begin = 0, end = 0] = [a(bytes.length), b(bytes.length)].sort((x, y) => x - y);
      if (kind === "cut") return bytes.slice(0, end);
      return joined(
        bytes.subarray(0, kind === "removed" ? begin : end),
        bytes.subarray(kind === "removed" ? end : begin),
      );
    };
  }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 32 })).map(([at, values]): Edit => {
    return (bytes) => joined(bytes.subarray(0, at(bytes.length)), values, bytes.subarray(at(bytes.length)));
  }),
);

/** One of some files, with one to six changes. */
export function mutated(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...files), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([file, edits]) =>
      edits.reduce((bytes, change) => change(bytes), new Uint8Array(file) as Uint8Array),
    );
}

/** One of some texts, changed as bytes are. */
export function mutatedText(texts: readonly string[]): fc.Arbitrary<string> {
  return mutated(texts.map((text) => new TextEncoder().encode(text))).map((bytes) =>
    new TextDecoder().decode(bytes),
  );
}

const hostileValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", -1, 0, 0.5, 1e308, 2 ** 53, -0, [], {}, Number.NaN, Infinity),
  fc.constantFrom("__proto__", "constructor", "relu9_9", "\u001b[2J", "\u202e", "a".repeat(10_000)),
  fc.jsonValue({ maxDepth: 4 }),
  fc.integer({ min: 1, max: 200 }).map((depth) => {
    let nested: unknown = [];
    for (let i = 0; i < depth; i++) nested = [nested];
    return nested;
  }),
);

/** One of some values as JSON has them, with one to three values in it replaced, removed or added. */
export function mutatedValue(values: readonly unknown[]): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    kind: fc.constantFrom("replaced", "replaced", "removed", "added"),
    name: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "constructor", "toString")),
    value: hostileValues,
  });
  return fc
    .tuple(fc.constantFrom(...values), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => {
      const root = { root: structuredClone(value) };
      for (const { at, kind, name, value: other } of changes) {
        const places = placesIn(root);
        const [parent, key] = places[Math.floor(at * places.length)] ?? [root, "root"];
        if (kind === "added") define(parent, Array.isArray(parent) ? String(parent.length) : name, other);
        else if (kind === "replaced" || parent === root) define(parent, key, other);
        else if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else Reflect.deleteProperty(parent, key);
      }
      return root.root;
    });
}

/** Every value within a value, by what holds it and its key. */
function placesIn(parent: object): readonly (readonly [parent: object, key: string])[] {
  return Object.entries(parent).flatMap(([key, value]) => [
    [parent, key] as const,
    ...(typeof value === "object" && value !== null ? placesIn(value) : []),
  ]);
}

/** Defined, not assigned: JSON can name a property __proto__. */
function define(parent: object, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, configurable: true, enumerable: true, writable: true });
}

function overwritten(bytes: Uint8Array, at: number, values: ArrayLike<number>): Uint8Array {
  const changed = bytes.slice();
  for (let i = 0; i < values.length; i++) if (at + i < changed.length) changed[at + i] = values[i] ?? 0;
  return changed;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
