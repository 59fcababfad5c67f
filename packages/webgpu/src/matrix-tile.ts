import { each } from "./program-text.js";

/** Rows and columns of a product that a workgroup of 8 × 8 threads computes: eight by eight a thread. */
export const tile = 64;
export const workgroupSize: [number, number, number] = [8, 8, 1];
/** Of the inner dimension, what the workgroup has in shared memory at a time. */
export const tileDepth = 16;

/** How a workgroup reads the matrices, four neighbouring values at a time: expressions over `row`, `k` and `group`. */
export interface Reads {
  /** Whether the left matrix is stored with its rows as columns. */
  readonly transposed: boolean;
  /** Four values of the left matrix: at `row` from 4 · `k` on, or, transposed, of row `k` from column 4 · `row` on. */
  readonly left: string;
  /** Four values of the right matrix: of row `k`, from column 4 · `group` on. */
  readonly right: string;
}

/**
 * Declarations and body of a program that multiplies matrices tile by tile: every value of a tile is read from memory
 * once, and from shared memory eight times.
 *
 * Before the body come `begin` and `length`, the part of the inner dimension to sum over, the length the same for all
 * workgroups and a multiple of 16, or else the reads give zeros beyond; `top` and `side`, the tile's first row and first
 * four of columns. After it, `rowOf(i)` gives the row of the sums `sum{i}_0` and `sum{i}_1`, whose columns are `group0`
 * and `group1`.
 */
export function tiledProduct({ transposed, left, right }: Reads) {
  // One vec4 more than is needed lets rows begin in different banks.
  const pitch = tileDepth / 4 + 1;
  const [threads, reads] = [64, (tile * tileDepth) / 4 / 64];
  const fill = (i: number) => {
    const at = `(thread + ${threads * i})`;
    const ofRight = `{
            let k = step + ${at} / 16;
            let group = side + ${at} % 16;
            rightTile[${at}] = ${right};
          }`;
    return transposed
      ? `{
            let k = step + ${at} / 16;
            let row = top / 4 + ${at} % 16;
            leftTile[${at}] = ${left};
          }
          ${ofRight}`
      : `{
            let row = top + ${at} / 4;
            let k = step / 4 + ${at} % 4;
            leftTile[${at} / 4 * ${pitch} + ${at} % 4] = ${left};
          }
          ${ofRight}`;
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
  return {
    declarations: `
      var<workgroup> leftTile : array<vec4<f32>, ${transposed ? (tile * tileDepth) / 4 : tile * pitch}>;
      var<workgroup> rightTile : array<vec4<f32>, ${(tile * tileDepth) / 4}>;`,
    body: `
        let thread = i32(localIndex);
        let column = i32(localId.x);
        let line = i32(localId.y);
        ${each(8, (i) => `var sum${i}_0 = vec4<f32>(0.0); var sum${i}_1 = vec4<f32>(0.0);`)}
        // Counted from 0, since barriers may stand only where all threads are sure to come by.
        for (var done = 0; done < length; done += ${tileDepth}) {
          let step = begin + done;
          ${each(reads, fill)}
          workgroupBarrier();
          ${multiply}
          workgroupBarrier();
        }
        let group0 = side + column;
        let group1 = group0 + 8;`,
    rowOf: (i: number) =>
      transposed ? `top + 4 * (line + ${8 * (i >> 2)}) + ${i % 4}` : `top + line + ${8 * i}`,
  };
}
