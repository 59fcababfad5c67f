import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import { each } from "./program-text.js";

/** Rows and columns of a product that a workgroup of 8 × 8 threads computes: eight by eight per thread. */
export const tile = 64;
/** The part of the inner dimension that the workgroup holds in shared memory at a time. */
export const tileDepth = 16;
/** Threads in a workgroup. */
const threads = 64;
/** Vectors of four values that each thread reads into each of the two tiles. */
const reads = (tile * tileDepth) / 4 / threads;

/** Products of matrices, which the WGSL expressions `left` and `right` read from memory. */
export interface TiledProduct {
  readonly shaderKey: string;
  /** Shape of the products; the number of columns is a multiple of 4. */
  readonly outputShape: readonly [batches: number, rows: number, columns: number];
  /** Whether the left matrix is stored with its rows as columns. */
  readonly transposed: boolean;
  /**
   * Four adjacent values of the left matrix `a`: from row `row`, starting at column 4 · `k`, or, transposed, from row
   * `k`, starting at column 4 · `row`. The expression can also use `batch`, `length`, `rows`, the number of rows of a
   * product, and `groups`, a quarter of the number of its columns.
   */
  readonly left: string;
  /** Four adjacent values of the right matrix `b`: from row `k`, starting at column 4 · `group`. */
  readonly right: string;
  /** Beginning of the part of the inner dimension to sum over; may use `batch`. */
  readonly begin: string;
  /**
   * Length of that part: a multiple of 16, unless the reads give zeros beyond it. It may use only uniforms, since
   * threads wait for each other in the loop over it.
   */
  readonly length: string;
  /** Declarations of additional uniforms, as in WebGPUProgram. */
  readonly uniforms?: string;
}

/** A program that multiplies tile by tile: it reads a value from memory once per tile, from shared memory 8 times. */
export function tiledProduct({
  shaderKey,
  outputShape: [batches, rows, columns],
  transposed,
  left,
  right,
  begin,
  length,
  uniforms = "",
}: TiledProduct): WebGPUProgram {
  // One vec4 more than needed makes rows begin in different memory banks.
  const pitch = tileDepth / 4 + 1;
  const fill = (i: number) => {
    const at = `(thread + ${threads * i})`;
    const [row, k, place] = transposed
      ? [`top / 4 + ${at} % 16`, `step + ${at} / 16`, at]
      : [`top + ${at} / 4`, `step / 4 + ${at} % 4`, `${at} / 4 * ${pitch} + ${at} % 4`];
    return `{
            let row = ${row};
            let k = ${k};
            leftTile[${place}] = ${left};
          }
          {
            let k = step + ${at} / 16;
            let group = side + ${at} % 16;
            rightTile[${at}] = ${right};
          }`;
  };
  const add = (factor: (i: number) => string, b: string) => `
            let b0 = rightTile[${b} * 16 + column];
            let b1 = rightTile[${b} * 16 + column + 8];
            ${each(8, (i) => `sum${i}_0 += ${factor(i)} * b0; sum${i}_1 += ${factor(i)} * b1;`)}`;
  const multiply = transposed
    ? `for (var k = 0; k < ${tileDepth}; k++) {
            let a0 = leftTile[k * 16 + line];
            let a1 = leftTile[k * 16 + line + 8];
            ${add((i) => `a${i >> 2}.${"xyzw"[i % 4]}`, "k")}
          }`
    : `for (var k = 0; k < ${tileDepth / 4}; k++) {
            ${each(8, (i) => `let a${i} = leftTile[(line + ${8 * i}) * ${pitch} + k];`)}
            ${each(4, (e) => `{ ${add((i) => `a${i}.${"xyzw"[e]}`, `(4 * k + ${e})`)} }`)}
          }`;
  const rowOf = (i: number) =>
    transposed ? `top + 4 * (line + ${8 * (i >> 2)}) + ${i % 4}` : `top + line + ${8 * i}`;
  const write = (i: number, q: number) => `{
          let row = ${rowOf(i)};
          let group = side + column + ${8 * q};
          if (row < rows && group < groups) {
            result[(batch * rows + row) * groups + group] = sum${i}_${q};
          }
        }`;
  return {
    variableNames: ["a", "b"],
    variableComponents: [4, 4],
    outputComponent: 4,
    outputShape: [batches, rows, columns],
    uniforms,
    shaderKey,
    workgroupSize: [8, 8, 1],
    dispatchLayout: { x: [2], y: [1], z: [0] },
    dispatch: [Math.ceil(columns / tile), Math.ceil(rows / tile), batches],
    getUserCode: () => `
      var<workgroup> leftTile : array<vec4<f32>, ${transposed ? (tile * tileDepth) / 4 : tile * pitch}>;
      var<workgroup> rightTile : array<vec4<f32>, ${(tile * tileDepth) / 4}>;
      fn main() {
        let batch = i32(workgroupId.z);
        let rows = uniforms.outShape[1];
        let groups = uniforms.outShape[2] / 4;
        let top = i32(workgroupId.y) * ${tile};
        let side = i32(workgroupId.x) * ${tile / 4};
        let thread = i32(localIndex);
        let column = i32(localId.x);
        let line = i32(localId.y);
        let length = ${length};
        ${each(8, (i) => `var sum${i}_0 = vec4<f32>(0.0); var sum${i}_1 = vec4<f32>(0.0);`)}
        // Counted from 0, since barriers are allowed only in uniform control flow.
        for (var done = 0; done < length; done += ${tileDepth}) {
          let step = ${begin} + done;
          ${each(reads, fill)}
          workgroupBarrier();
          ${multiply}
          workgroupBarrier();
        }
        ${each(8, (i) => `${write(i, 0)} ${write(i, 1)}`)}
      }`,
  };
}
