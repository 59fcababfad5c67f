import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { tile, tileDepth, tiledProduct } from "./matrix-tile.js";
import { replaceKernel } from "./replace-kernel.js";

/** Workgroups that keep a large GPU busy. */
const wantedWorkgroups = 256;
/** The smallest number of rows in a slice for which adding up the slices pays off. */
const leastRows = 256;

/**
 * Makes products Aᵀ B of tall matrices, such as Gram matrices, use the whole GPU.
 *
 * Their result is small, a few tiles, and their sums are long. TensorFlow.js gives each tile to one workgroup, or lets
 * all of them add to it atomically; here each workgroup sums over a slice of the rows, and a second program adds up the
 * slices.
 *
 * @returns a function that undoes it
 */
export function registerGram(backendName: string): () => void {
  return replaceKernel("BatchMatMul", backendName, (backend, { a, b }, attrs) => {
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    if (a === undefined || b === undefined || !transposeA || transposeB) return undefined;
    const [rows = 0, m = 0] = a.shape;
    const n = b.shape[1] ?? 0;
    if (a.shape.length !== 2 || b.shape.length !== 2 || m % 4 !== 0 || n % 4 !== 0 || m * n === 0)
      return undefined;
    if (rows < 4 * leastRows || [a, b].some(({ dtype }) => dtype !== "float32")) return undefined;
    const tiles = Math.ceil(m / tile) * Math.ceil(n / tile);
    const slices = Math.max(1, Math.min(Math.ceil(wantedWorkgroups / tiles), Math.floor(rows / leastRows)));
    const rowsOfSlice = Math.ceil(rows / slices / tileDepth) * tileDepth;
    const products = backend.runWebGPUProgram(sliceProducts(slices, m, n), [a, b], "float32", [
      { type: "int32", data: [rowsOfSlice] },
    ]);
    const sum = backend.runWebGPUProgram(sumOfSlices(m, n), [products], "float32");
    backend.disposeData(products.dataId);
    return sum;
  });
}

function sliceProducts(slices: number, m: number, n: number): WebGPUProgram {
  const last = "uniforms.aShape[0] - 1";
  // Zeros beyond the last row. Values beyond the last column do not matter, since they are not written.
  const within = (read: string) => `select(vec4<f32>(0.0), ${read}, k <= ${last})`;
  return tiledProduct({
    shaderKey: "sliceProducts",
    outputShape: [slices, m, n],
    transposed: true,
    left: within(`a[min(k, ${last}) * (rows / 4) + min(row, rows / 4 - 1)]`),
    right: within(`b[min(k, ${last}) * groups + min(group, groups - 1)]`),
    begin: "batch * uniforms.rowsOfSlice",
    length: "uniforms.rowsOfSlice",
    uniforms: "rowsOfSlice : i32,",
  });
}

function sumOfSlices(m: number, n: number): WebGPUProgram {
  const workgroup = 64;
  return {
    variableNames: ["x"],
    variableComponents: [4],
    outputComponent: 4,
    outputShape: [m, n],
    size: true,
    shaderKey: "sumOfSlices",
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil((m * n) / 4 / workgroup), 1, 1],
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.size) {
          return;
        }
        var sum = vec4<f32>(0.0);
        for (var slice = 0; slice < uniforms.xShape[0]; slice++) {
          sum += x[slice * uniforms.size + index];
        }
        result[index] = sum;
      }`,
  };
}
