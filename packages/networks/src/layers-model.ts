import { isRecord, shown } from "@brushwork/core/reading";
import { floatsOfHalves } from "./half.js";
import { elements, isCounts, parseObject } from "./json.js";
import type { NamedArray, NamedArrays } from "./safetensors.js";
import { isOfChain } from "./weight-names.js";

/** Fetches a file in the folder of a model.json, or in a folder below it, by its path relative to that folder. */
export type ShardReader = (path: string) => Promise<Uint8Array>;

/** How the numbers of each type are stored in a shard. */
const storage = new Map<unknown, { readonly bytes: number; read(bytes: ArrayBuffer): Float32Array }>([
  ["float32", { bytes: 4, read: (bytes) => new Float32Array(bytes) }],
  ["float16", { bytes: 2, read: (bytes) => floatsOfHalves(new Uint16Array(bytes)) }],
  ["uint16", { bytes: 2, read: (bytes) => Float32Array.from(new Uint16Array(bytes)) }],
  ["uint8", { bytes: 1, read: (bytes) => Float32Array.from(new Uint8Array(bytes)) }],
  ["int32", { bytes: 4, read: (bytes) => Float32Array.from(new Int32Array(bytes)) }],
  ["bool", { bytes: 1, read: (bytes) => Float32Array.from(new Uint8Array(bytes)) }],
]);

/** An array as the manifest describes it. */
interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Length in the shards. */
  readonly bytes: number;
  read(bytes: ArrayBuffer): Float32Array;
}

interface Group {
  readonly paths: readonly string[];
  readonly specs: readonly Spec[];
}

/**
 * Reads the convolutions of a TensorFlow.js model. Groups of the manifest without any, such as the fully connected
 * layers of a complete VGG, are not fetched; the shards of a group are fetched one after another.
 *
 * @param file the model.json
 * @throws {RangeError} when the file is damaged, a shard's path leaves the model's folder, or the shards' length is not
 * what the manifest says
 * @throws whatever `shard` rejects with
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export async function readLayersModel(file: Uint8Array, shard: ShardReader): Promise<NamedArrays> {
  const { weightsManifest: groups } = parseObject(file, "a TensorFlow.js model.json");
  if (!Array.isArray(groups)) throw damaged("a weightsManifest that is a list", shown(groups));
  const wanted = groups.map(readGroup).filter(({ specs }) => specs.some(({ name }) => isOfChain(name)));
  const arrays: (readonly [string, NamedArray])[] = [];
  for (const group of wanted) arrays.push(...(await readShards(group, shard)));
  return Object.fromEntries(arrays);
}

/**
 * The shards that a TensorFlow.js model names, by their paths relative to its model.json: also those that nothing here
 * reads. Another file names none, nor does one that is damaged.
 */
export function shardPaths(file: Uint8Array): readonly string[] {
  try {
    const { weightsManifest: groups } = parseObject(file, "a TensorFlow.js model.json");
    return Array.isArray(groups) ? groups.flatMap((group) => readGroup(group).paths) : [];
  } catch {
    return [];
  }
}

function readGroup(group: unknown): Group {
  const { paths, weights } = isRecord(group) ? group : {};
  if (!Array.isArray(paths) || !Array.isArray(weights))
    throw damaged("groups of paths and weights", shown(group));
  return { paths: paths.map(checkedPath), specs: weights.map(readSpec) };
}

/** A path that stays below the model's folder, however a file system or a browser may read it. */
function checkedPath(path: unknown): string {
  const steps = typeof path === "string" ? path.split("/") : [];
  // A colon makes a scheme or a drive, a percent sign may hide dots, and control characters vanish from URLs.
  const plain = (step: string) => /^[^\\:%?#\p{Cc}]+$/u.test(step) && !/^[. ]+$/.test(step);
  if (typeof path !== "string" || !steps.every(plain))
    throw damaged("paths of shards to stay within the model's folder", shown(path));
  return path;
}

function readSpec(weight: unknown): Spec {
  const { name, shape, dtype, quantization } = isRecord(weight) ? weight : {};
  if (typeof name !== "string" || !isCounts(shape))
    throw damaged("weights with names and shapes", shown(weight));
  const { dtype: stored, scale = 1, min = 0 } = isRecord(quantization) ? quantization : { dtype };
  const type = storage.get(stored);
  if (type === undefined)
    throw damaged(`${shown(name)} to be of ${[...storage.keys()].join(", ")}`, shown(stored));
  if (!isFiniteNumber(scale) || !isFiniteNumber(min))
    throw damaged(`${shown(name)} to have a finite scale and min`, `${shown(scale)} and ${shown(min)}`);
  return {
    name,
    shape,
    bytes: elements(shape) * type.bytes,
    read: (bytes) => type.read(bytes).map((value) => value * scale + min),
  };
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

async function readShards(
  { paths, specs }: Group,
  shard: ShardReader,
): Promise<readonly (readonly [string, NamedArray])[]> {
  const expected = specs.reduce((sum, { bytes }) => sum + bytes, 0);
  const shards: Uint8Array[] = [];
  let length = 0;
  for (const path of paths) {
    const bytes = await shard(path);
    shards.push(bytes);
    length += bytes.length;
    if (length > expected) break;
  }
  if (length !== expected)
    throw damaged(`the shards to hold ${expected} bytes`, `${length}${length > expected ? " or more" : ""}`);
  const data = new Uint8Array(length);
  shards.reduce((at, bytes) => {
    data.set(bytes, at);
    return at + bytes.length;
  }, 0);
  let end = 0;
  return specs.flatMap(({ name, shape, bytes, read }) => {
    const begin = end;
    end += bytes;
    return isOfChain(name) ? [[name, { shape, data: read(data.slice(begin, end).buffer) }] as const] : [];
  });
}

function damaged(expected: string, got: string): RangeError {
  return new RangeError(
    `Expected ${expected} in a TensorFlow.js model, got ${got}: the model is damaged or is something else.`,
  );
}
