import type { Recorder } from "@brushwork/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { trimPool } from "../memory/buffer-pool.js";
import { internalsOf } from "./backend-internals.js";
import { type Recording, recording } from "./recording.js";
import { alike, intact, keptUniforms, type Trace, traced } from "./trace.js";

/** Computations whose commands are compared before recording is given up. */
const mostTraces = 4;

type Compute = Parameters<Recorder["run"]>[2];

/**
 * A recorder of the commands that TensorFlow.js gives the GPU.
 *
 * The first computation compiles programs and uploads filters. The commands of the next two are written down, and if they
 * are the same, on the same tensors and with the same numbers, they are repeated from then on.
 *
 * @param submit submits the commands that wait
 */
export function recorder(backend: WebGPUBackend, submit: () => void): Recorder {
  const internals = internalsOf(backend);
  const uniforms = keptUniforms(backend);
  let shapes: string | undefined;
  let warm = false;
  let traces = 0;
  /** The latest trace, and the one that is repeated. */
  let before: Trace | undefined;
  let recorded: Trace | undefined;
  let playing: Recording | undefined;
  let refusal: string | undefined;

  const forget = () => {
    // What waits still reads the uniforms, whose buffers become free.
    submit();
    playing?.dispose();
    playing = before = recorded = undefined;
    uniforms.dispose();
    traces = 0;
  };
  const refuse = (reason: string) => {
    forget();
    refusal = reason;
  };
  const plainly = (numbers: readonly number[], compute: Compute) =>
    tf.tidy(() => [...compute(numbers.map((number) => tf.scalar(number)))]);

  return {
    get refusal() {
      return refusal;
    },
    run(inputs, numbers, compute) {
      if (refusal !== undefined) return plainly(numbers, compute);
      const now = [...inputs, ...numbers.map(() => ({ shape: [] as number[] }))];
      const shapesNow = now.map(({ shape }) => shape.join("×")).join();
      if (shapesNow !== shapes || (recorded !== undefined && !intact(backend, recorded))) {
        forget();
        shapes = shapesNow;
        warm = false;
      }
      if (!warm) {
        warm = true;
        return plainly(numbers, compute);
      }
      if (recorded !== undefined && playing === undefined) {
        // What the recording does not need is given back before its buffers are made.
        submit();
        trimPool(backend);
        playing = recording(backend, recorded, now, numbers.length, submit);
        before = undefined;
      }
      return playing?.repeat(inputs, numbers) ?? writtenDown(inputs, numbers, compute);
    },
    dispose() {
      forget();
      refusal = "it has been disposed of";
    },
  };

  function writtenDown(inputs: readonly tf.Tensor[], numbers: readonly number[], compute: Compute) {
    let trace: Trace | undefined;
    const tensors = tf.tidy(() => {
      const scalars = numbers.map((number) => tf.scalar(number));
      const all = [...inputs, ...scalars];
      for (const { dataId } of all) internals.uploadToGPU(dataId);
      const found = traced(backend, uniforms, all, () => compute(scalars));
      trace = found.trace;
      return [...found.tensors];
    });
    traces++;
    if (trace === undefined) return tensors;
    const last = before;
    before = trace;
    if (trace.obstacle !== undefined) refuse(trace.obstacle);
    else if (last !== undefined && alike(last, trace)) recorded = trace;
    else if (traces === mostTraces) refuse("its commands differ from step to step");
    return tensors;
  }
}
