import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import { each } from "./program-text.js";
import { replaceSameConvolution } from "./same-convolution.js";

const workgroup = 64;

/**
 * Makes 3×3 convolutions run without shared memory.
 *
 * TensorFlow.js's convolution is made for GPUs: threads share tiles, and wait for each other. Each of these waits is
 * expensive on a GPU in software, which is several times faster if every thread reads for itself. So is any GPU where
 * there is little to share, as with the three channels of a picture.
 *
 * @param fewerThan limits it to convolutions whose input or output has fewer channels than this
 * @returns a function that undoes it
 */
export function registerDirectConvolution(
  backendName: string,
  fewerThan = Number.POSITIVE_INFINITY,
): () => void {
  return replaceSameConvolution(backendName, (backend, { x, filter, bias, relu }) => {
    if (Math.min(x.shape[3] ?? 0, filter.shape[3] ?? 0) >= fewerThan) return undefined;
    const program = directConvolution(x.shape, filter.shape, relu, bias !== undefined);
    return backend.runWebGPUProgram(program, bias === undefined ? [x, filter] : [x, filter, bias], "float32");
  });
}

/** The program: each thread computes adjacent pixels of a row, 4 or 8 channels each where their number divides so. */
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
  // A thread reads inputs and filters once for everything it computes, since reading would take most of the time.
  const pixels = width <= 4 ? 4 : 8;
  const parts = outputs % 8 === 0 ? 2 : 1;
  const threads = height * Math.ceil(width / pixels) * (outputs / written / parts);

  /** The pixel i − 1 to the right of the thread's first one; 0 outside the picture. */
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
