import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { each, replaceKernel } from "./replace-kernel.js";

type Shape4D = [number, number, number, number];
type Attributes = tf.Conv2DAttrs & Partial<Pick<tf.FusedConv2DAttrs, "activation">>;

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
  const undo = ["Conv2D", "FusedConv2D"].map((kernelName) =>
    replaceKernel(kernelName, backendName, ({ x, filter, bias }, given) => {
      const attrs = given as unknown as Attributes;
      if (x === undefined || filter === undefined || !isDirect(x, filter, attrs)) return undefined;
      return {
        program: directConvolution(x.shape, filter.shape, attrs.activation === "relu", bias !== undefined),
        inputs: bias === undefined ? [x, filter] : [x, filter, bias],
      };
    }),
  );
  return () => {
    for (const one of undo) one();
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

/** Of which a thread computes neighbouring pixels of a row, each in one or two fours of channels. */
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
  // Inputs and filters are read once for all that a thread computes, which is what most of the time would go into.
  const pixels = width <= 4 ? 4 : 8;
  const parts = outputs % 8 === 0 ? 2 : 1;
  const threads = height * Math.ceil(width / pixels) * (outputs / written / parts);

  /** The pixel i - 1 to the right of the thread's first; outside the picture is 0. */
  const pixel = (i: number) => {
    const inside = i === 0 ? "left > 0" : `left + ${i - 1} < width`;
    const at = i === 0 ? "max(left - 1, 0)" : `min(left + ${i - 1}, width - 1)`;
    return `let x${i} = select(${input}(0.0), x[(y * width + ${at}) * depth + c], ${inside});`;
  };
  const product = (p: number, q: number) =>
    read === 1 ? `x${p} * w0_${q}` : [..."xyzw"].map((axis, i) => `x${p}.${axis} * w${i}_${q}`).join(" + ");
  const tap = (j: number) => `{
          let at = ((i * 3 + ${j}) * depth + c) * ${read} * groups + group;
          ${each(read, (k) => each(parts, (q) => `let w${k}_${q} = W[at + ${k} * groups + ${q}];`))}
          ${each(pixels, (p) => each(parts, (q) => `sum${p}_${q} += ${product(p + j, q)};`))}
        }`;
  const value = (sum: string) => (relu ? `select(${sum}, ${output}(0.0), ${sum} < ${output}(0.0))` : sum);

  return {
    variableNames: ["x", "W", ...(biased ? ["bias"] : [])],
    variableComponents: [read, written, ...(biased ? [written] : [])],
    outputComponent: written,
    outputShape: [1, height, width, outputs],
    shaderKey: `directConvolution_${pixels}_${parts}_${read}_${written}_${biased}_${relu}`,
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0, 1, 2, 3] },
    dispatch: [Math.ceil(threads / workgroup), 1, 1],
    getUserCode: () => `
      fn main(index : i32) {
        let height = uniforms.xShape[1];
        let width = uniforms.xShape[2];
        let depth = uniforms.xShape[3] / ${read};
        let groups = uniforms.outShape[3] / ${written};
        let threadsOfPixel = groups / ${parts};
        let columns = (width + ${pixels - 1}) / ${pixels};
        let group = index % threadsOfPixel * ${parts};
        let left = (index / threadsOfPixel) % columns * ${pixels};
        let row = index / (threadsOfPixel * columns);
        if (row >= height) {
          return;
        }
        ${each(pixels, (p) => each(parts, (q) => `var sum${p}_${q} = ${biased ? `bias[group + ${q}]` : `${output}(0.0)`};`))}
        for (var i = 0; i < 3; i++) {
          let y = row + i - 1;
          if (y < 0 || y >= height) {
            continue;
          }
          for (var c = 0; c < depth; c++) {
            ${each(pixels + 2, pixel)}
            ${each(3, tap)}
          }
        }
        let first = (row * width + left) * groups + group;
        ${each(pixels, (p) => `if (left + ${p} < width) { ${each(parts, (q) => `result[first + ${p} * groups + ${q}] = ${value(`sum${p}_${q}`)};`)} }`)}
      }`,
  };
}
