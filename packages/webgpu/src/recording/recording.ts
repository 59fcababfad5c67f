/// <reference types="@webgpu/types" />
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { dataIn, internalsOf, type TensorData } from "./backend-internals.js";
import { placed } from "./placement.js";
import type { Place, Trace } from "./trace.js";

/** As TensorFlow.js makes the buffers of tensors, so that one may become a tensor's own. */
const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** The most commands in a submission until their time is known, as TensorFlow.js submits them. */
const fewCommands = 15;
/** What a submission may take, in milliseconds: browsers and drivers end those of seconds, and screens wait for each. */
const longestSubmission = 100;

/** Commands that can be repeated. */
export interface Recording {
  /**
   * Repeats the commands.
   *
   * @param inputs tensors on the GPU, of the shapes that were recorded
   * @param numbers as many as were recorded
   * @returns tensors that the caller owns, with the values of the outputs
   */
  repeat(inputs: readonly tf.Tensor[], numbers: readonly number[]): readonly tf.Tensor[];
  /** Frees the buffers. Tensors that were returned get theirs as their own. */
  dispose(): void;
}

interface Bound {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/**
 * Makes what a trace needs to be repeated: buffers, planned by the lifetimes of the tensors, and bind groups.
 *
 * Tensors stay what they are to everyone outside, although their buffers are written again at each repetition: whatever
 * still lives then in one of these buffers is moved to another before.
 *
 * @param inputs the traced tensors; `numbers` of them, at the end, were numbers
 * @param submit submits the commands that wait
 */
export function recording(
  backend: WebGPUBackend,
  trace: Trace,
  inputs: readonly { readonly shape: readonly number[] }[],
  numbers: number,
  submit: () => void,
): Recording {
  const internals = internalsOf(backend);
  const { device, queue, tensorMap } = internals;
  const { bufferManager } = backend;
  const tensors = inputs.slice(0, inputs.length - numbers);
  const bytesOf = (shape: readonly number[]) => 4 * tf.util.sizeFromShape([...shape]);
  const acquire = (bytes: number) => bufferManager.acquireBuffer(bytes, usage());

  const inputBuffers = tensors.map(({ shape }) => acquire(bytesOf(shape)));
  const host = hostNumbers();
  const lifetimes = lifetimesOf(trace);
  const { buffers: sizes, places } = placed(lifetimes);
  const arena = sizes.map(acquire);
  const outputBuffers = trace.outputs.map(({ made }) => bufferOf(made));
  const bound: readonly Bound[] = trace.commands.map(
    ({ pipeline, workgroups, uniforms, output, inputs: read }) => {
      const resources = [output, ...read].map(bindingOf);
      const entries = [...resources, uniforms].map((resource, binding) => ({ binding, resource }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      return { pipeline, group, workgroups };
    },
  );
  /** The tensors that the inputs were last copied from. */
  const latest: object[] = [];
  /** Tensors outside whose values are in buffers of the recording. */
  let shown: { readonly dataId: object; readonly buffer: GPUBuffer }[] = [];
  let pieces = Math.ceil(bound.length / fewCommands);
  let repetitions = 0;

  return {
    repeat(given, values) {
      for (const { dataId } of given) internals.uploadToGPU(dataId);
      submit();
      if (numbers > 0) host.write(values);
      let encoder = device.createCommandEncoder();
      takeInputs(encoder, given);
      const begin = performance.now();
      const size = Math.ceil(bound.length / pieces);
      for (let first = 0; first < bound.length; first += size) {
        encode(encoder, bound.slice(first, first + size));
        queue.submit([encoder.finish()]);
        encoder = device.createCommandEncoder();
      }
      // The first repetition also clears the buffers.
      if (++repetitions === 2)
        queue.onSubmittedWorkDone().then(
          () => {
            const needed = Math.ceil((performance.now() - begin) / longestSubmission);
            pieces = Math.min(pieces, Math.max(1, needed));
          },
          () => {},
        );
      return trace.outputs.map(({ shape }, i) => {
        const buffer = outputBuffers[i] as GPUBuffer;
        const made = backend.createTensorFromGPUData({ buffer, zeroCopy: true }, [...shape], "float32");
        shown.push({ dataId: made.dataId, buffer });
        return made;
      });
    },
    dispose() {
      const owned = new Set([...inputBuffers, ...arena]);
      for (const { dataId, buffer } of shown) {
        const data = dataIn(tensorMap, dataId, buffer);
        if (data === undefined || !owned.delete(buffer)) continue;
        data.external = false;
      }
      shown = [];
      for (const buffer of [...owned, host.buffer])
        if (buffer !== undefined) bufferManager.releaseBuffer(buffer);
    },
  };

  /** Copies the inputs to where the commands read them, and what lives on in the recording's buffers to others. */
  function takeInputs(encoder: GPUCommandEncoder, given: readonly tf.Tensor[]): void {
    const places = new Map<object, number>();
    for (const [i, { dataId }] of given.entries()) if (!places.has(dataId)) places.set(dataId, i);
    const moving: { readonly data: TensorData; readonly to: GPUBuffer }[] = [];
    const staying: typeof shown = [];
    for (const { dataId, buffer } of shown) {
      const data = dataIn(tensorMap, dataId, buffer);
      if (data === undefined) continue;
      const at = places.get(dataId);
      const inputBuffer = at === undefined ? undefined : inputBuffers[at];
      if (inputBuffer === buffer) {
        staying.push({ dataId, buffer });
        continue;
      }
      // An input shows its copy from now on, which no command writes. An old one that is shown there makes way.
      if (inputBuffer !== undefined && !inputBuffers.includes(buffer)) {
        moving.push({ data, to: inputBuffer });
        staying.push({ dataId, buffer: inputBuffer });
        continue;
      }
      const own = acquire(buffer.size);
      encoder.copyBufferToBuffer(buffer, 0, own, 0, buffer.size);
      data.resource = own;
      data.external = false;
    }
    for (const [i, { dataId }] of given.entries()) {
      const { resource } = tensorMap.get(dataId);
      const to = inputBuffers[i] as GPUBuffer;
      // Weights are mostly the same tensors as before.
      if (resource !== to && latest[i] !== dataId)
        encoder.copyBufferToBuffer(resource as GPUBuffer, 0, to, 0, to.size);
      latest[i] = dataId;
    }
    for (const { data, to } of moving) data.resource = to;
    shown = staying;
  }

  function encode(encoder: GPUCommandEncoder, commands: readonly Bound[]): void {
    const pass = encoder.beginComputePass();
    let before: GPUComputePipeline | undefined;
    for (const { pipeline, group, workgroups } of commands) {
      if (pipeline !== before) pass.setPipeline(pipeline);
      before = pipeline;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
  }

  function bufferOf(made: number): GPUBuffer {
    return arena[places[made] as number] as GPUBuffer;
  }

  function bindingOf(place: Place): GPUBufferBinding {
    if (place.kind === "made")
      return { buffer: bufferOf(place.index), offset: 0, size: trace.made[place.index] as number };
    if (place.kind === "kept") return { buffer: place.buffer };
    if (place.kind === "constant") return host.bindingOf(numbers + place.index);
    const tensor = inputBuffers[place.index];
    return tensor === undefined ? host.bindingOf(place.index - tensors.length) : { buffer: tensor };
  }

  /** One buffer for the numbers of the host: those that may differ each time, and the constants after them. */
  function hostNumbers() {
    const alignment = device.limits.minStorageBufferOffsetAlignment;
    const arrays = [...Array.from({ length: numbers }, () => new Float32Array(1)), ...trace.constants];
    let end = 0;
    const offsets = arrays.map(({ byteLength }) => {
      const offset = end;
      end = Math.ceil((end + byteLength) / alignment) * alignment;
      return offset;
    });
    const buffer = end > 0 ? acquire(end) : undefined;
    for (const [i, values] of trace.constants.entries())
      queue.writeBuffer(
        buffer as GPUBuffer,
        offsets[numbers + i] as number,
        values as Float32Array<ArrayBuffer>,
      );
    const changing = new Float32Array((numbers * alignment) / 4);
    return {
      buffer,
      bindingOf: (index: number): GPUBufferBinding => ({
        buffer: buffer as GPUBuffer,
        offset: offsets[index] as number,
        size: arrays[index]?.byteLength ?? 0,
      }),
      write(values: readonly number[]) {
        for (const [i, value] of values.entries()) changing[(i * alignment) / 4] = value;
        queue.writeBuffer(buffer as GPUBuffer, 0, changing);
      },
    };
  }
}

/** From which command to which each tensor that the commands make is needed. */
function lifetimesOf({ commands, made, outputs }: Trace) {
  const lifetimes = made.map((bytes) => ({ bytes, first: Number.POSITIVE_INFINITY, last: 0, exact: false }));
  for (const [i, { output, inputs }] of commands.entries())
    for (const place of [output, ...inputs]) {
      const lifetime = place.kind === "made" ? lifetimes[place.index] : undefined;
      if (lifetime === undefined) continue;
      lifetime.first = Math.min(lifetime.first, i);
      lifetime.last = i;
    }
  for (const { made: index } of outputs) {
    const lifetime = lifetimes[index];
    // A tensor's buffer is as large as the tensor, or more would be read back than it holds.
    if (lifetime !== undefined) Object.assign(lifetime, { last: Number.POSITIVE_INFINITY, exact: true });
  }
  return lifetimes;
}
