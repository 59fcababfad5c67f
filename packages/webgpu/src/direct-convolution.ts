import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

type Shape4D = [number, number, number, number];
type Attributes = tf.Conv2DAttrs & Partial<Pick<tf.FusedConv2DAttrs, "activation">>;

/** Neighbours in a row that one thread computes: their inputs and the filter are read once for all of them. */
const pixels = 4;
const workgroup = 64;

/**
 * Lets 3×3 convolutions of stride 1, padded to the same size, of one picture, run without memory that threads share.
 *
 * TensorFlow.js's convolution is made for GPUs: it shares tiles between threads, which wait for each other. A GPU in
 * software pays for each of these waits, and computes several times as fast where every thread reads for itself.
 *
 * @returns undoes it
 */
export function registerDirectConvolution(backendName: string): () => void {
  const undo = [replaceKernel("Conv2D", backendName), replaceKernel("FusedConv2D", backendName)];
  return () => {
    for (const one of undo) one();
  };
}

function replaceKernel(kernelName: string, backendName: string): () => void {
  const original = tf.getKernel(kernelName, backendName);
  if (original === undefined) throw new Error(`Expected TensorFlow.js to have the kernel ${kernelName}.`);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...original,
    kernelFunc(call) {
      const { x, filter, bias } = call.inputs;
      const attrs = call.attrs as unknown as Attributes;
      if (x === undefined || filter === undefined || !isDirect(x, filter, attrs))
        return original.kernelFunc(call);
      return (call.backend as WebGPUBackend).runWebGPUProgram(
        directConvolution(x.shape, filter.shape, attrs.activation === "relu", bias !== undefined),
        bias === undefined ? [x, filter] : [x, filter, bias],
        "float32",
      );
    },
  });
  return () => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(original);
  };
}

function isDirect(
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  { strides, pad, dataFormat, dilations, dimRoundingMode, activation = "linear" }: Attributes,
): boolean {
  if (dataFormat !== "NHWC" || (activation !== "linear" && activation !== "relu")) return false;
  const shape = tf.backend_util.computeConv2DInfo(
    x.shape as Shape4D,
    filter.shape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
  return (
    shape.batchSize === 1 &&
    filterHeight === 3 &&
    filterWidth === 3 &&
    [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1) &&
    [shape.padInfo.top, shape.padInfo.bottom, shape.padInfo.left, shape.padInfo.right].every(
      (side) => side === 1,
    )
  );
}

/** A thread computes `pixels` neighbours of a row, in four channels where they divide so. */
function directConvolution(
  xShape: readonly number[],
  filterShape: readonly number[],
  relu: boolean,
  biased: boolean,
): WebGPUProgram {
  const [, height = 0, width = 0, inputs = 0] = xShape;
  const outputs = filterShape[3] ?? 0;
  const read = inputs % 4 === 0 ? 4 : 1;
  const written = outputs % 4 === 0 ? 4 : 1;
  const input = read === 4 ? "vec4<f32>" : "f32";
  const output = written === 4 ? "vec4<f32>" : "f32";
  const threads = height * Math.ceil(width / pixels) * (outputs / written);
  const each = <T>(count: number, text: (i: number) => T) => Array.from({ length: count }, (_, i) => text(i));

  /** The column i - 1 to the right of the thread's first pixel; outside the picture is 0. */
  const column = (i: number) => {
    const inside = i === 0 ? "left > 0" : i === 1 ? "true" : `left + ${i - 1} < width`;
    const at = i === 0 ? "max(left - 1, 0)" : `min(left + ${i - 1}, width - 1)`;
    return `let x${i} = select(${input}(0.0), x[(y * width + ${at}) * depth + c], ${inside});`;
  };
  const product = (pixel: number, tap: number) =>
    read === 1
      ? `x${pixel + tap} * w0`
      : [..."xyzw"].map((axis, i) => `x${pixel + tap}.${axis} * w${i}`).join(" + ");
  const tap = (j: number) => `{
          let at = ((i * 3 + ${j}) * depth + c) * ${read} * groups + group;
          ${each(read, (k) => `let w${k} = W[at + ${k} * groups];`).join(" ")}
          ${each(pixels, (p) => `sum${p} += ${product(p, j)};`).join("\n          ")}
        }`;
  const value = (sum: string) => (relu ? `select(${sum}, ${output}(0.0), ${sum} < ${output}(0.0))` : sum);

  return {
    variableNames: ["x", "W", ...(biased ? ["bias"] : [])],
    variableComponents: [read, written, ...(biased ? [written] : [])],
    outputComponent: written,
    outputShape: [1, height, width, outputs],
    shaderKey: `directConvolution_${read}_${written}_${biased}_${relu}`,
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0, 1, 2, 3] },
    dispatch: [Math.ceil(threads / workgroup), 1, 1],
    getUserCode: () => `
      fn main(index : i32) {
        let height = uniforms.xShape[1];
        let width = uniforms.xShape[2];
        let depth = uniforms.xShape[3] / ${read};
        let groups = uniforms.outShape[3] / ${written};
        let columns = (width + ${pixels - 1}) / ${pixels};
        let group = index % groups;
        let left = (index / groups) % columns * ${pixels};
        let row = index / (groups * columns);
        if (row >= height) {
          return;
        }
        ${each(pixels, (p) => `var sum${p} = ${biased ? "bias[group]" : `${output}(0.0)`};`).join("\n        ")}
        for (var i = 0; i < 3; i++) {
          let y = row + i - 1;
          if (y < 0 || y >= height) {
            continue;
          }
          for (var c = 0; c < depth; c++) {
            ${each(pixels + 2, column).join("\n            ")}
            ${each(3, tap).join("\n            ")}
          }
        }
        let first = (row * width + left) * groups + group;
        ${each(pixels, (p) => `if (left + ${p} < width) { result[first + ${p} * groups] = ${value(`sum${p}`)}; }`).join("\n        ")}
      }`,
  };
}
