import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { tileDepth, tiledProduct } from "./matrix-tile.js";
import { each } from "./program-text.js";
import { replaceSameConvolution, type SameConvolution } from "./same-convolution.js";

/** Side of the squares of pixels that are computed together, each from a square of six by six. */
const side = 4;
/** Pixels in a square of six by six. */
const points = 36;
/** The smallest numbers of channels and of squares that are worth the transforms. */
const [leastChannels, leastSquares] = [32, 64];
/** Operations of a plain convolution below which starting four programs takes longer than running a single one. */
const leastOperations = 2e9;
/** Largest size of the transformed picture and its product together, so that a large picture takes little memory. */
const mostStripBytes = 128 * 2 ** 20;
const threads = 64;

/**
 * Makes 3×3 convolutions take a quarter of the multiplications, by Winograd's minimal filtering F(4×4, 3×3).
 *
 * Squares of six by six pixels and the filters are transformed. For each of the 36 points there is then a matrix
 * product over the channels, and the results are transformed back to four by four pixels. The price is eight times a
 * plain convolution's rounding errors: 1.3e-6 of the result for 32 channels.
 *
 * @param limits `operations`: how many a plain convolution must have for this to be used; `stripBytes`: the memory that
 * a strip of the picture may take
 * @returns a function that undoes it
 * @see Lavin & Gray 2016, Fast algorithms for convolutional neural networks, section 4.3
 */
export function registerWinograd(
  backendName: string,
  { operations = leastOperations, stripBytes = mostStripBytes } = {},
): () => void {
  const scratch = scratchTensors();
  return replaceSameConvolution(backendName, (backend, convolution) => {
    const { x, filter } = convolution;
    const [, height = 0, width = 0, inputs = 0] = x.shape;
    const outputs = filter.shape[3] ?? 0;
    const isSuited =
      Math.min(inputs, outputs) >= leastChannels &&
      inputs % tileDepth === 0 &&
      outputs % 4 === 0 &&
      Math.ceil(height / side) * Math.ceil(width / side) >= leastSquares &&
      2 * 9 * inputs * outputs * height * width >= operations;
    return isSuited ? convolve(backend, convolution, stripBytes, scratch) : undefined;
  });
}

function convolve(
  backend: WebGPUBackend,
  { x, filter, bias, relu }: SameConvolution,
  stripBytes: number,
  scratch: Scratch,
): tf.TensorInfo {
  const [, height = 0, width = 0, inputs = 0] = x.shape;
  const outputs = filter.shape[3] ?? 0;
  const [squareRows, squareColumns] = [Math.ceil(height / side), Math.ceil(width / side)];
  const bytesOfRow = squareColumns * points * (inputs + outputs) * tf.util.bytesPerElement("float32");
  const strips = Math.min(squareRows, Math.ceil((squareRows * bytesOfRow) / stripBytes));
  const rowsOfStrip = Math.ceil(squareRows / strips);
  const squares = rowsOfStrip * squareColumns;

  const weights = scratch(backend, "weights", [points, inputs, outputs]);
  const picture = scratch(backend, "picture", [points, squares, inputs]);
  const product = scratch(backend, "product", [points, squares, outputs]);
  const y = backend.makeTensorInfo([1, height, width, outputs], "float32");
  // Transformed again for each picture: if kept, they would take four times the memory of the filters themselves.
  backend.runWebGPUProgram(filterTransform(inputs, outputs), [filter], "float32", [], weights);
  for (let strip = 0; strip < strips; strip++) {
    // The last strip computes some rows again rather than having another size.
    const first = Math.min(strip * rowsOfStrip, squareRows - rowsOfStrip);
    const where = [first, squareColumns].map((value) => ({ type: "int32", data: [value] }));
    backend.runWebGPUProgram(pictureTransform(squares, inputs), [x], "float32", where, picture);
    backend.runWebGPUProgram(productOfPoints(squares, outputs), [picture, weights], "float32", [], product);
    const program = backTransform(y.shape, squares, bias !== undefined, relu);
    backend.runWebGPUProgram(program, bias === undefined ? [product] : [product, bias], "float32", where, y);
  }
  return y;
}

/** A tensor of this shape in a buffer that all convolutions use in turn. */
type Scratch = (backend: WebGPUBackend, name: string, shape: number[]) => tf.TensorInfo;

/** Scratch tensors kept from convolution to convolution: new ones would leave a buffer of every size in the pool. */
function scratchTensors(): Scratch {
  const held = new Map<string, tf.TensorInfo>();
  return (backend, name, shape) => {
    const size = tf.util.sizeFromShape(shape);
    let tensor = held.get(name);
    if (tensor === undefined || size > (tensor.shape[0] ?? 0)) {
      if (tensor !== undefined) backend.disposeData(tensor.dataId);
      tensor = backend.makeTensorInfo([size], "float32");
      held.set(name, tensor);
    }
    return { ...tensor, shape };
  };
}

/** Transforms the filters, [3, 3, in, out], to [36, in, out]: G g Gᵀ of each one. */
function filterTransform(inputs: number, outputs: number): WebGPUProgram {
  const transform = (names: readonly string[]) => {
    const [a, b, c] = names;
    return [
      `${a} / 4.0`,
      `(${a} + ${b} + ${c}) / -6.0`,
      `(${a} - ${b} + ${c}) / -6.0`,
      `${a} / 24.0 + ${b} / 12.0 + ${c} / 6.0`,
      `${a} / 24.0 - ${b} / 12.0 + ${c} / 6.0`,
      `${c}`,
    ];
  };
  return {
    ...flat("filterTransform", [points, inputs, outputs], (inputs * outputs) / 4),
    variableNames: ["g"],
    variableComponents: [4],
    getUserCode: () => `
      fn main(index : i32) {
        let size = uniforms.outShape[1] * uniforms.outShape[2] / 4;
        if (index >= size) {
          return;
        }
        ${twice(
          3,
          3,
          (i, j) => `g[${3 * i + j} * size + index]`,
          transform,
          (i, j, value) => `result[${6 * i + j} * size + index] = ${value};`,
        )}
      }`,
  };
}

/** Transforms a strip of [1, height, width, in] to [36, squares, in]: Bᵀ d B of each square of six by six pixels. */
function pictureTransform(squares: number, inputs: number): WebGPUProgram {
  const transform = ([a, b, c, d, e, f]: readonly string[]) => [
    `4.0 * ${a} - 5.0 * ${c} + ${e}`,
    `${d} + ${e} - 4.0 * (${b} + ${c})`,
    `${e} - ${d} + 4.0 * (${b} - ${c})`,
    `${e} - ${c} + 2.0 * (${d} - ${b})`,
    `${e} - ${c} + 2.0 * (${b} - ${d})`,
    `4.0 * ${b} - 5.0 * ${d} + ${f}`,
  ];
  return {
    ...flat("pictureTransform", [points, squares, inputs], squares * (inputs / 2), 2),
    variableNames: ["x"],
    variableComponents: [2],
    uniforms: "first : i32, squareColumns : i32,",
    getUserCode: () => `
      fn pixel(row : i32, column : i32, group : i32) -> vec2<f32> {
        let height = uniforms.xShape[1];
        let width = uniforms.xShape[2];
        let at = (clamp(row, 0, height - 1) * width + clamp(column, 0, width - 1)) * (uniforms.xShape[3] / 2) + group;
        return select(vec2<f32>(0.0), x[at], row >= 0 && row < height && column >= 0 && column < width);
      }
      fn main(index : i32) {
        let groups = uniforms.outShape[2] / 2;
        let size = uniforms.outShape[1] * groups;
        if (index >= size) {
          return;
        }
        let group = index % groups;
        let square = index / groups;
        let top = (square / uniforms.squareColumns + uniforms.first) * ${side} - 1;
        let left = square % uniforms.squareColumns * ${side} - 1;
        ${twice(
          6,
          6,
          (i, j) => `pixel(top + ${i}, left + ${j}, group)`,
          transform,
          (i, j, value) => `result[${6 * i + j} * size + index] = ${value};`,
        )}
      }`,
  };
}

/** Multiplies [36, squares, in] by [36, in, out]. */
function productOfPoints(squares: number, outputs: number): WebGPUProgram {
  return tiledProduct({
    shaderKey: "productOfPoints",
    outputShape: [points, squares, outputs],
    transposed: false,
    left: "a[(batch * rows + min(row, rows - 1)) * (length / 4) + k]",
    right: "b[(batch * length + k) * groups + min(group, groups - 1)]",
    begin: "0",
    length: "uniforms.aShape[2]",
  });
}

/** Transforms [36, squares, out] to a strip of [1, height, width, out]: Aᵀ m A of each square, with bias and relu. */
function backTransform(
  shape: readonly number[],
  squares: number,
  biased: boolean,
  relu: boolean,
): WebGPUProgram {
  const outputs = shape[3] ?? 0;
  const transform = ([a, b, c, d, e, f]: readonly string[]) => [
    `${a} + ${b} + ${c} + ${d} + ${e}`,
    `${b} - ${c} + 2.0 * (${d} - ${e})`,
    `${b} + ${c} + 4.0 * (${d} + ${e})`,
    `${b} - ${c} + 8.0 * (${d} - ${e}) + ${f}`,
  ];
  const finished = (value: string) => {
    const sum = biased ? `${value} + bias[group]` : value;
    return relu ? `max(${sum}, vec2<f32>(0.0))` : sum;
  };
  return {
    ...flat(`backTransform_${relu}`, shape, squares * (outputs / 2), 2),
    variableNames: ["m", ...(biased ? ["bias"] : [])],
    variableComponents: [2, ...(biased ? [2] : [])],
    uniforms: "first : i32, squareColumns : i32,",
    getUserCode: () => `
      fn main(index : i32) {
        let height = uniforms.outShape[1];
        let width = uniforms.outShape[2];
        let groups = uniforms.outShape[3] / 2;
        let size = uniforms.mShape[1] * groups;
        if (index >= size) {
          return;
        }
        let group = index % groups;
        let square = index / groups;
        let top = (square / uniforms.squareColumns + uniforms.first) * ${side};
        let left = square % uniforms.squareColumns * ${side};
        ${twice(
          6,
          6,
          (i, j) => `m[${6 * i + j} * size + index]`,
          transform,
          (i, j, value) =>
            `if (top + ${i} < height && left + ${j} < width) { result[((top + ${i}) * width + left + ${j}) * groups + group] = ${finished(value)}; }`,
        )}
      }`,
  };
}

/** The layout of a program with one thread for each of `count` results of `component` values. */
function flat(shaderKey: string, outputShape: readonly number[], count: number, component = 4) {
  return {
    outputShape: [...outputShape],
    outputComponent: component,
    shaderKey,
    workgroupSize: [threads, 1, 1] as [number, number, number],
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.ceil(count / threads), 1, 1] as [number, number, number],
  };
}

/** Lines that apply a transform to the columns of a square, then to the rows of the result. */
function twice(
  rows: number,
  columns: number,
  read: (i: number, j: number) => string,
  transform: (values: readonly string[]) => readonly string[],
  write: (i: number, j: number, value: string) => string,
): string {
  const counted = (count: number, name: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => name(i));
  const ofColumn = (j: number) => {
    const reads = each(rows, (i) => `let d${i}_${j} = ${read(i, j)};`);
    const results = transform(counted(rows, (i) => `d${i}_${j}`));
    return `${reads}\n${each(results.length, (i) => `let t${i}_${j} = ${results[i]};`)}`;
  };
  const height = transform(counted(rows, String)).length;
  const ofRow = (i: number) => {
    const results = transform(counted(columns, (j) => `t${i}_${j}`));
    return each(results.length, (j) => write(i, j, results[j] ?? ""));
  };
  return `${each(columns, ofColumn)}\n${each(height, ofRow)}`;
}
