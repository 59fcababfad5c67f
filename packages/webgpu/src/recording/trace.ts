/// <reference types="@webgpu/types" />
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { type BackendInternals, dataIn, internalsOf, type Uniforms } from "./backend-internals.js";

const readsBack = "a step reads numbers back";

type Methods = Pick<
  BackendInternals,
  | "recordAndSubmit"
  | "makeUniforms"
  | "uploadToGPU"
  | "readSync"
  | "read"
  | "readToGPU"
  | "createTensorFromGPUData"
>;

/** Where a command finds a tensor. */
export type Place =
  /** One of the tensors or numbers that may be others at each call. */
  | { readonly kind: "input"; readonly index: number }
  /** What a command has written. */
  | { readonly kind: "made"; readonly index: number }
  /** Numbers that the host has given. */
  | { readonly kind: "constant"; readonly index: number }
  /** A tensor from before, such as a filter or a target. */
  | { readonly kind: "kept"; readonly dataId: object; readonly buffer: GPUBuffer };

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: readonly [number, number, number];
  readonly uniforms: GPUBufferBinding;
  readonly output: Place;
  readonly inputs: readonly Place[];
}

/** The commands of a computation. */
export interface Trace {
  readonly commands: readonly Command[];
  /** Bytes of each tensor that the commands make. */
  readonly made: readonly number[];
  /** Numbers from the host, as they lie on the GPU. */
  readonly constants: readonly (Float32Array | Int32Array)[];
  /** The buffers of the tensors from before, by their dataId. */
  readonly kept: ReadonlyMap<object, GPUBuffer>;
  /** Which of the tensors that the commands make are the results. */
  readonly outputs: readonly { readonly made: number; readonly shape: readonly number[] }[];
  /** Why the commands cannot be repeated, in a few words. */
  readonly obstacle: string | undefined;
}

/** Uniform buffers that keep their contents. */
export interface KeptUniforms {
  get(uniforms: Uniforms): GPUBufferBinding;
  dispose(): void;
}

/** Uniform buffers, one for each content, for the commands that are repeated. */
export function keptUniforms(backend: WebGPUBackend): KeptUniforms {
  const internals = internalsOf(backend);
  const make = internals.makeUniforms.bind(backend);
  const made = new Map<string, GPUBufferBinding>();
  return {
    get(uniforms) {
      const key = uniforms.map(({ type, data }) => `${type} ${data.join()}`).join("; ");
      const before = made.get(key);
      if (before !== undefined) return before;
      const binding = make(uniforms);
      // The backend would reuse it once the present commands are submitted.
      const pending = internals.uniformPendingDisposal;
      pending.splice(pending.lastIndexOf(binding.buffer), 1);
      made.set(key, binding);
      return binding;
    },
    dispose() {
      for (const { buffer } of made.values()) backend.bufferManager.releaseBuffer(buffer);
      made.clear();
    },
  };
}

/**
 * Computes as usual, and writes down the commands.
 *
 * @param inputs tensors on the GPU that the commands read, and that may be others another time
 * @param compute gives tensors that the caller owns
 */
export function traced(
  backend: WebGPUBackend,
  uniforms: KeptUniforms,
  inputs: readonly tf.Tensor[],
  compute: () => readonly tf.Tensor[],
): { readonly trace: Trace; readonly tensors: readonly tf.Tensor[] } {
  const internals = internalsOf(backend);
  const commands: Command[] = [];
  const made: number[] = [];
  const constants: (Float32Array | Int32Array)[] = [];
  const kept = new Map<object, GPUBuffer>();
  let obstacle: string | undefined;
  /** The latest uniforms that were made. */
  let latest: GPUBufferBinding | undefined;
  const places = new Map<object, Place>();
  for (const [index, { dataId }] of inputs.entries())
    if (!places.has(dataId)) places.set(dataId, { kind: "input", index });

  const placeOf = (dataId: object): Place | undefined => {
    const known = places.get(dataId);
    if (known !== undefined) return known;
    const { resource } = internals.tensorMap.get(dataId);
    if (!(resource instanceof GPUBuffer)) return undefined;
    kept.set(dataId, resource);
    const place: Place = { kind: "kept", dataId, buffer: resource };
    places.set(dataId, place);
    return place;
  };
  const refuse = (reason: string) => {
    obstacle ??= reason;
  };

  const undo = overridden(internals, {
    recordAndSubmit: (original) => (program, output, read, defined) => {
      latest = undefined;
      const before = places.get(output.dataId);
      const inputPlaces = read.map(({ dataId }) => placeOf(dataId));
      original(program, output, read, defined);
      const { resource } = internals.tensorMap.get(output.dataId);
      if (latest === undefined || inputPlaces.includes(undefined) || !(resource instanceof GPUBuffer))
        return refuse("a step works on more than buffers");
      if (before !== undefined && before.kind !== "made")
        return refuse("a step overwrites a tensor from before it");
      const place = before ?? { kind: "made", index: made.push(resource.size) - 1 };
      places.set(output.dataId, place);
      const [x = 1, y = 1, z = 1] = program.dispatch;
      commands.push({
        pipeline: program.pipeline,
        workgroups: [x, y, z],
        uniforms: latest,
        output: place,
        inputs: inputPlaces as Place[],
      });
    },
    makeUniforms: () => (wanted) => {
      latest = uniforms.get(wanted);
      return latest;
    },
    uploadToGPU: (original) => (dataId) => {
      const { resource, values, dtype } = internals.tensorMap.get(dataId);
      if (resource == null && values != null && !places.has(dataId)) {
        places.set(dataId, { kind: "constant", index: constants.length });
        const numbers = values as unknown as ArrayLike<number>;
        constants.push(dtype === "float32" ? Float32Array.from(numbers) : Int32Array.from(numbers));
      }
      original(dataId);
    },
    readSync: (original) => (dataId) => {
      if (internals.tensorMap.get(dataId).resource != null) refuse(readsBack);
      return original(dataId);
    },
    read: (original) => (dataId) => {
      if (internals.tensorMap.get(dataId).resource != null) refuse(readsBack);
      return original(dataId);
    },
    readToGPU: (original) => (dataId, options) => {
      refuse("a step copies buffers");
      return original(dataId, options);
    },
    createTensorFromGPUData: (original) => (data, shape, dtype) => {
      refuse("a step takes over a buffer");
      return original(data, shape, dtype);
    },
  });
  let tensors: readonly tf.Tensor[];
  try {
    tensors = compute();
  } finally {
    undo();
  }
  if (new Set(inputs.map(({ dataId }) => dataId)).size < inputs.length)
    refuse("two tensors of a step are the same");
  if (new Set(tensors.map(({ dataId }) => dataId)).size < tensors.length)
    refuse("two results of a step are the same");
  const outputs = tensors.map(({ dataId, shape, dtype }) => {
    const place = places.get(dataId);
    if (place?.kind === "made" && dtype === "float32") return { made: place.index, shape };
    refuse("a result of a step is none of its commands'");
    return { made: Number.NaN, shape };
  });
  return { trace: { commands, made, constants, kept, outputs, obstacle }, tensors };
}

/** Whether the tensors from before that a trace needs are still there, in their buffers. */
export function intact(backend: WebGPUBackend, { kept }: Trace): boolean {
  const { tensorMap } = internalsOf(backend);
  return [...kept].every(([dataId, buffer]) => dataIn(tensorMap, dataId, buffer) !== undefined);
}

/** Whether two computations gave the same commands for the same tensors. */
export function alike(a: Trace, b: Trace): boolean {
  return (
    a.commands.length === b.commands.length &&
    a.commands.every((command, i) => {
      const other = b.commands[i] as Command;
      return (
        command.pipeline === other.pipeline &&
        command.uniforms === other.uniforms &&
        command.workgroups.join() === other.workgroups.join() &&
        samePlaces([command.output, ...command.inputs], [other.output, ...other.inputs])
      );
    }) &&
    a.made.join() === b.made.join() &&
    a.constants.length === b.constants.length &&
    a.constants.every((values, i) => sameNumbers(values, b.constants[i])) &&
    a.outputs.map((output) => output.made).join() === b.outputs.map((output) => output.made).join()
  );
}

function samePlaces(a: readonly Place[], b: readonly Place[]): boolean {
  return (
    a.length === b.length &&
    a.every((place, i) => {
      const other = b[i];
      if (place.kind === "kept")
        return other?.kind === "kept" && place.dataId === other.dataId && place.buffer === other.buffer;
      return place.kind === other?.kind && place.index === other.index;
    })
  );
}

function sameNumbers(a: Float32Array | Int32Array, b: Float32Array | Int32Array | undefined): boolean {
  return a.length === b?.length && a.every((value, i) => Object.is(value, b[i]));
}

/** Replaces methods of the backend. @returns undoes it */
function overridden(
  backend: BackendInternals,
  replacements: { readonly [Name in keyof Methods]: (original: Methods[Name]) => Methods[Name] },
): () => void {
  const names = Object.keys(replacements) as (keyof Methods)[];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(backend, name)] as const);
  const replace = <Name extends keyof Methods>(name: Name) => {
    const original = backend[name].bind(backend) as Methods[Name];
    backend[name] = (replacements[name] as (original: Methods[Name]) => Methods[Name])(original) as never;
  };
  for (const name of names) replace(name);
  return () => {
    for (const [name, descriptor] of before)
      if (descriptor === undefined) Reflect.deleteProperty(backend, name);
      else Object.defineProperty(backend, name, descriptor);
  };
}
