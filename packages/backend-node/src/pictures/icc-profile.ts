/** How numbers in a profile's colour space become light: the profile's tone curves and, for RGB, its primaries. */
export interface IccProfile {
  /** One curve for grey, three for RGB; each maps [0, 1] to [0, 1]. */
  readonly curves: readonly ((value: number) => number)[];
  /** The primaries of RGB in XYZ relative to D50, as columns. */
  readonly primaries?: readonly (readonly [x: number, y: number, z: number])[];
}

/** Entries of a profile's tag table that are looked at; profiles have a dozen. */
const mostTags = 256;

/**
 * The profile of an RGB or grey picture, as far as it consists of tone curves and primaries.
 *
 * @param bytes an ICC profile; it may be hostile
 * @returns undefined where it has tables of colours instead, is of another colour space, or is damaged
 * @see ICC.1:2022, 7.2, 8.3, 8.4 and 10
 */
export function iccProfile(bytes: Uint8Array): IccProfile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tags = tagTable(view);
    // Where there are tables of colours, they take precedence.
    if (tags.has("A2B0") || tags.has("D2B0")) return undefined;
    const curve = (tag: string) => toneCurve(view, startOf(tags, tag));
    switch (text(view, 16)) {
      case "GRAY": {
        const grey = curve("kTRC");
        return { curves: [text(view, 20) === "Lab " ? (value) => luminanceOf(grey(value)) : grey] };
      }
      case "RGB ":
        return {
          curves: ["rTRC", "gTRC", "bTRC"].map(curve),
          primaries: ["rXYZ", "gXYZ", "bXYZ"].map((tag) => xyz(view, startOf(tags, tag))),
        };
      default:
        return undefined;
    }
  } catch (error) {
    // Beyond the end, or a tag that is missing or of an unknown type.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function tagTable(view: DataView): ReadonlyMap<string, number> {
  const count = Math.min(view.getUint32(128), mostTags);
  return new Map(
    Array.from({ length: count }, (_, i) => [text(view, 132 + 12 * i), view.getUint32(136 + 12 * i)]),
  );
}

function startOf(tags: ReadonlyMap<string, number>, tag: string): number {
  const start = tags.get(tag);
  if (start === undefined) throw new RangeError(`Expected the profile to have the tag ${tag}, found none.`);
  return start;
}

function xyz(view: DataView, at: number): readonly [number, number, number] {
  return [fixed(view, at + 8), fixed(view, at + 12), fixed(view, at + 16)];
}

function toneCurve(view: DataView, at: number): (value: number) => number {
  switch (text(view, at)) {
    case "curv":
      return sampledCurve(view, at);
    case "para":
      return parametricCurve(view, at);
    default:
      throw new RangeError(`Expected a tone curve of the type curv or para, got ${text(view, at)}.`);
  }
}

function sampledCurve(view: DataView, at: number): (value: number) => number {
  const count = view.getUint32(at + 8);
  if (count === 0) return (value) => value;
  if (count === 1) {
    const gamma = view.getUint16(at + 12) / 256;
    return (value) => value ** gamma;
  }
  // Checked before anything of the claimed length is allocated.
  view.getUint16(at + 12 + 2 * (count - 1));
  const samples = Float64Array.from({ length: count }, (_, i) => view.getUint16(at + 12 + 2 * i) / 65_535);
  return (value) => {
    const place = value * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    const [from = 0, to = 0] = samples.subarray(below, below + 2);
    return from + (to - from) * (place - below);
  };
}

/** @see ICC.1:2022, table 68 */
function parametricCurve(view: DataView, at: number): (value: number) => number {
  const kind = view.getUint16(at + 8);
  const counts = [1, 3, 4, 5, 7];
  const count = counts[kind];
  if (count === undefined) throw new RangeError(`Expected a curve's function from 0 to 4, got ${kind}.`);
  const numbers = Array.from({ length: count }, (_, i) => fixed(view, at + 12 + 4 * i));
  const [gamma = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
  const power = (x: number) => Math.max(0, a * x + b) ** gamma;
  switch (kind) {
    case 0:
      return (x) => x ** gamma;
    case 1:
      return (x) => (x >= -b / a ? power(x) : 0);
    case 2:
      return (x) => (x >= -b / a ? power(x) : 0) + c;
    case 3:
      return (x) => (x >= d ? power(x) : c * x);
    default:
      return (x) => (x >= d ? power(x) + e : c * x + f);
  }
}

/** CIE's lightness, in [0, 1], as luminance. */
function luminanceOf(lightness: number): number {
  const f = (100 * lightness + 16) / 116;
  return f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29);
}

function fixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65_536;
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
}
