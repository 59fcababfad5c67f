import type { WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import { each } from "./program-text.js";

/** Rows and columns of a product that a workgroup of 8 × 8 threads computes: eight by eight a thread. */
export const tile = 64;
/** Of the inner dimension, what the workgroup has in shared memory at a time. */
export const tileDepth = 16;
/** Of a workgroup, which fills each of its two tiles in as many fours of values for every thread. */
const threads = 64;
const reads = (tile * tileDepth) / 4 / threads;

/** Products of matrices: `left` and `right` say how they are read, as expressions of WGSL over what is listed there. */
export interface TiledProduct {
  readonly shaderKey: string;
  /** Of the products; the columns a multiple of 4. */
  readonly outputShape: readonly [batches: number, rows: number, columns: number];
  /** Whether the left matrix is stored with its rows as columns. */
  readonly transposed: boolean;
  /**
   * Four neighbouring values of the left matrix `a`: at `row` from 4 · `k` on, or, transposed, of row `k` from column
   * 4 · `row` on. In sight are also `batch`, `length`, and of the products `rows` and `groups`, their fours of columns.
   */
  readonly left: string;
  /** Four neighbouring values of the right matrix `b`: of row `k`, from column 4 · `group` on. */
  readonly right: string;
  /** The part of the inner dimension to sum over, over `batch`: where it begins. */
  readonly begin: string;
  /** How long it is: a multiple of 16, or the reads give zeros beyond; of uniforms alone, since threads wait in it. */
  readonly length: string;
  /** Declarations of those that come with each run, as WebGPUProgram has them. */
  readonly uniforms?: string;
}

/** Multiplies tile by tile: every value is read from memory once for a tile, and from shared memory eight times. */
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
  // One vec4 more than is needed lets rows begin in different banks.
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
        // Counted from 0, since barriers may stand only where all threads are sure to come by.
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
