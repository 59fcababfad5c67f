import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { each } from "./program-text.js";
import { replaceKernel } from "./replace-kernel.js";

/** Threads in a workgroup: few, so that even a small Gram matrix gives every core work. */
const workgroup = 4;

/**
 * Makes matrix products run without shared memory, as direct-convolution.ts does for convolutions. These are the
 * products of style losses, most of the remaining work of a step.
 *
 * @returns a function that undoes it
 */
export function registerDirectMatMul(backendName: string): () => void {
  return replaceKernel("BatchMatMul", backendName, (backend, { a, b }, attrs) => {
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    if (a === undefined || b === undefined || transposeB || a.shape.length !== 2 || b.shape.length !== 2)
      return undefined;
    if (
      [...a.shape, ...b.shape].some((side) => side === 0) ||
      [a, b].some(({ dtype }) => dtype !== "float32")
    )
      return undefined;
    // Values are read and written four at a time.
    const [columnsOfA = 0, columnsOfB = 0] = [a.shape[1], b.shape[1]];
    if (columnsOfA % 4 !== 0 || columnsOfB % 4 !== 0) return undefined;
    const rows = (transposeA ? a.shape[1] : a.shape[0]) ?? 0;
    return backend.runWebGPUProgram(directMatMul(rows, columnsOfB, transposeA), [a, b], "float32");
  });
}

/** The program: each thread computes 4 or 8 rows of 4 or 8 columns. */
function directMatMul(rows: number, columns: number, transposed: boolean): WebGPUProgram {
  const parts = columns % 8 === 0 ? 2 : 1;
  const tall = rows % 8 === 0 ? 8 : 4;
  const threads = Math.ceil(rows / tall) * (columns / 4 / parts);
  // A vec4 of `a` holds either four values of the inner dimension, or, transposed, four of a thread's rows.
  const inner = transposed ? 1 : 4;
  const factor = (row: number, k: number) =>
    transposed ? `a${Math.floor(row / 4)}.${"xyzw"[row % 4]}` : `a${row}.${"xyzw"[k]}`;
  const sum = (row: number, q: number) =>
    `sum${row}_${q} += ${Array.from({ length: inner }, (_, k) => `${factor(row, k)} * b${k}_${q}`).join(" + ")};`;

  return {
    variableNames: ["a", "b"],
    variableComponents: [4, 4],
    outputComponent: 4,
    outputShape: [rows, columns],
    shaderKey: `directMatMul_${tall}_${parts}_${transposed}`,
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil(threads / workgroup), 1, 1],
    getUserCode: () => `
      fn main(index : i32) {
        let rows = uniforms.outShape[0];
        let groups = uniforms.outShape[1] / 4;
        let depth = uniforms.bShape[0];
        let threadsOfRow = groups / ${parts};
        let group = index % threadsOfRow * ${parts};
        let top = index / threadsOfRow * ${tall};
        if (top >= rows) {
          return;
        }
        ${each(tall, (row) => each(parts, (q) => `var sum${row}_${q} = vec4<f32>(0.0);`))}
        for (var i = 0; i < depth / ${inner}; i++) {
          ${
            transposed
              ? each(tall / 4, (four) => `let a${four} = a[i * (rows / 4) + top / 4 + ${four}];`)
              : each(tall, (row) => `let a${row} = a[min(top + ${row}, rows - 1) * (depth / 4) + i];`)
          }
          ${each(inner, (k) => each(parts, (q) => `let b${k}_${q} = b[(i * ${inner} + ${k}) * groups + group + ${q}];`))}
          ${each(tall, (row) => each(parts, (q) => sum(row, q)))}
        }
        ${each(tall, (row) => `if (top + ${row} < rows) { ${each(parts, (q) => `result[(top + ${row}) * groups + group + ${q}] = sum${row}_${q};`)} }`)}
      }`,
  };
}
