import type { Picture } from "@brushwork/core";

/** For each pixel of one picture, row by row, where it is in another: so far to the right and so far down, in pixels. */
export interface Flow {
  readonly width: number;
  readonly height: number;
  readonly right: Float32Array;
  readonly down: Float32Array;
}

/** One value a pixel, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Pixels on each side of a patch. */
const patchSide = 8;

/** Pixels between neighbouring patches. */
const stride = 4;

/** Steps of the inverse search of one patch. */
const searchSteps = 16;

/** A patch that moves by less, in pixels, has been found. */
const settled = 0.01;

/** The pyramid's smallest picture has at least this many pixels on its shorter side. */
const coarsestSide = 12;

/** Settings of the variational refinement, for luma from 0 to 255: weights of the terms, iterations, and over-relaxation. */
const refinement = {
  smoothness: 20,
  intensity: 5,
  gradient: 10,
  fixedPoints: 5,
  relaxations: 5,
  omega: 1.6,
} as const;

/** Keeps the square root's slope finite. */
const epsilon2 = 1e-6;

/** Keeps flat places from counting. */
const zeta2 = 0.01;

/**
 * Dense optical flow by inverse search: on a pyramid of both pictures from coarse to fine, patches of one are searched in
 * the other by Gauss–Newton steps whose Hessian stays the same, averaged to a dense flow where they overlap, and refined
 * by minimising an energy of intensity, gradient and smoothness.
 *
 * @param from at least 8 pixels on each side
 * @param to of the same size
 * @see Kroeger, Timofte, Dai & Van Gool 2016, Fast optical flow using dense inverse search
 */
export function opticalFlow(from: Picture, to: Picture): Flow {
  if (from.width !== to.width || from.height !== to.height)
    throw new RangeError(
      `Expected two pictures of one size, got ${from.width}×${from.height} and ${to.width}×${to.height}.`,
    );
  const levels = Math.max(1, 1 + Math.floor(Math.log2(Math.min(from.width, from.height) / coarsestSide)));
  const [first, second] = [pyramid(lumaOf(from), levels), pyramid(lumaOf(to), levels)];
  let flow: Flow | undefined;
  for (let level = levels - 1; level >= 0; level--) {
    const [here, there] = [first[level], second[level]] as [Plane, Plane];
    flow = flow === undefined ? still(here) : enlarged(flow, here);
    flow = densified(here, there, searched(here, there, flow), flow);
    refine(here, there, flow);
  }
  return flow as Flow;
}

/** The luma of a picture, from 0 to 255. */
function lumaOf({ width, height, data }: Picture): Plane {
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i++)
    values[i] = 0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0);
  return { width, height, values };
}

function pyramid(plane: Plane, levels: number): readonly Plane[] {
  const all = [plane];
  while (all.length < levels) all.push(halved(all.at(-1) as Plane));
  return all;
}

/** Half as large, each pixel the mean of four; a last odd row or column is the mean of two. */
function halved({ width, height, values }: Plane): Plane {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [left, right] = [2 * x, Math.min(2 * x + 1, width - 1)];
      const [top, bottom] = [2 * y * width, Math.min(2 * y + 1, height - 1) * width];
      half[y * columns + x] =
        ((values[top + left] as number) +
          (values[top + right] as number) +
          (values[bottom + left] as number) +
          (values[bottom + right] as number)) /
        4;
    }
  return { width: columns, height: rows, values: half };
}

function still({ width, height }: Plane): Flow {
  return {
    width,
    height,
    right: new Float32Array(width * height),
    down: new Float32Array(width * height),
  };
}

/** A flow of the pyramid's next larger level. */
function enlarged(flow: Flow, { width, height }: Plane): Flow {
  const planes = [flow.right, flow.down].map((values) => {
    const coarse = { width: flow.width, height: flow.height, values };
    const fine = new Float32Array(width * height);
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) fine[i] = 2 * sample(coarse, (x - 0.5) / 2, (y - 0.5) / 2);
    return fine;
  });
  return { width, height, right: planes[0] as Float32Array, down: planes[1] as Float32Array };
}

/** A value between pixels, by bilinear interpolation; beyond the border, that of the border. */
export function sample({ width, height, values }: Plane, x: number, y: number): number {
  const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const right = left + 1 < width ? left + 1 : left;
  const bottom = top + 1 < height ? top + 1 : top;
  const [across, along] = [column - left, row - top];
  const above =
    (values[top * width + left] as number) * (1 - across) + (values[top * width + right] as number) * across;
  const below =
    (values[bottom * width + left] as number) * (1 - across) +
    (values[bottom * width + right] as number) * across;
  return above * (1 - along) + below * along;
}

/** The slopes of a plane, by central differences. */
function slopes({ width, height, values }: Plane): { readonly x: Float32Array; readonly y: Float32Array } {
  const [x, y] = [new Float32Array(width * height), new Float32Array(width * height)];
  for (let row = 0, i = 0; row < height; row++)
    for (let column = 0; column < width; column++, i++) {
      const [left, right] = [column > 0 ? i - 1 : i, column < width - 1 ? i + 1 : i];
      const [above, below] = [row > 0 ? i - width : i, row < height - 1 ? i + width : i];
      x[i] = ((values[right] as number) - (values[left] as number)) / 2;
      y[i] = ((values[below] as number) - (values[above] as number)) / 2;
    }
  return { x, y };
}

/** The flow of patches, on a grid. */
interface Patches {
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  readonly right: Float32Array;
  readonly down: Float32Array;
}

/** Where patches begin along a side; the last one ends with it. */
function beginnings(length: number): readonly number[] {
  const last = Math.max(0, length - patchSide);
  const all = Array.from({ length: Math.ceil(last / stride) }, (_, i) => i * stride);
  return [...all, last];
}

/** The flow of each patch: the best of the flow so far and those of its neighbours, moved on by the inverse search. */
function searched(here: Plane, there: Plane, before: Flow): Patches {
  const [columns, rows] = [beginnings(here.width), beginnings(here.height)];
  const count = columns.length * rows.length;
  const [right, down] = [new Float32Array(count), new Float32Array(count)];
  const slope = slopes(here);
  const find = patchSearch(here, there, slope);
  for (const backwards of [false, true]) {
    const step = backwards ? 1 : -1;
    for (let k = 0; k < count; k++) {
      const at = backwards ? count - 1 - k : k;
      const [column, row] = [at % columns.length, Math.floor(at / columns.length)];
      const [left, top] = [columns[column] as number, rows[row] as number];
      const middle = Math.min(here.height - 1, top + patchSide / 2) * here.width;
      const centre = middle + Math.min(here.width - 1, left + patchSide / 2);
      const candidates = backwards
        ? [[right[at] as number, down[at] as number] as const]
        : [[before.right[centre] as number, before.down[centre] as number] as const];
      if (columns[column + step] !== undefined)
        candidates.push([right[at + step] as number, down[at + step] as number]);
      if (rows[row + step] !== undefined) {
        const beyond = at + step * columns.length;
        candidates.push([right[beyond] as number, down[beyond] as number]);
      }
      const found = find(left, top, candidates);
      right[at] = found[0];
      down[at] = found[1];
    }
  }
  return { columns, rows, right, down };
}

type Shift = readonly [right: number, down: number];

/** Searches patches of one plane in another. */
function patchSearch(here: Plane, there: Plane, slope: ReturnType<typeof slopes>) {
  const [width, height] = [Math.min(patchSide, here.width), Math.min(patchSide, here.height)];
  const size = width * height;
  const difference = new Float32Array(size);
  /** Fills `difference`, without its mean, so that a change of brightness counts for nothing. @returns its squares' sum */
  const compare = (left: number, top: number, [right, down]: Shift): number => {
    let sum = 0;
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        const value =
          sample(there, left + x + right, top + y + down) -
          (here.values[(top + y) * here.width + left + x] as number);
        difference[i] = value;
        sum += value;
      }
    const mean = sum / size;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const value = (difference[i] as number) - mean;
      difference[i] = value;
      squares += value * value;
    }
    return squares;
  };
  return (left: number, top: number, candidates: readonly Shift[]): Shift => {
    let best = candidates[0] as Shift;
    let least = compare(left, top, best);
    for (const candidate of candidates.slice(1)) {
      const squares = compare(left, top, candidate);
      if (squares < least) [best, least] = [candidate, squares];
    }
    let [xx, xy, yy, meanX, meanY] = [0, 0, 0, 0, 0];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const i = (top + y) * here.width + left + x;
        const [slopeX, slopeY] = [slope.x[i] as number, slope.y[i] as number];
        xx += slopeX * slopeX;
        xy += slopeX * slopeY;
        yy += slopeY * slopeY;
        meanX += slopeX / size;
        meanY += slopeY / size;
      }
    // Differences without their mean go with slopes without theirs.
    xx -= size * meanX * meanX;
    xy -= size * meanX * meanY;
    yy -= size * meanY * meanY;
    // Where there is no texture, the patch stays.
    [xx, yy] = [xx + 1, yy + 1];
    const determinant = xx * yy - xy * xy;
    let [shift, squares]: [Shift, number] = [best, compare(left, top, best)];
    for (let step = 0; step < searchSteps; step++) {
      let [alongX, alongY] = [0, 0];
      for (let y = 0, j = 0; y < height; y++)
        for (let x = 0; x < width; x++, j++) {
          const i = (top + y) * here.width + left + x;
          const value = difference[j] as number;
          alongX += (slope.x[i] as number) * value;
          alongY += (slope.y[i] as number) * value;
        }
      const moveX = (yy * alongX - xy * alongY) / determinant;
      const moveY = (xx * alongY - xy * alongX) / determinant;
      const next: Shift = [shift[0] - moveX, shift[1] - moveY];
      const now = compare(left, top, next);
      if (now >= squares) break;
      [shift, squares] = [next, now];
      if (moveX * moveX + moveY * moveY < settled * settled) break;
    }
    // One that went astray is of no use.
    return Math.hypot(shift[0] - best[0], shift[1] - best[1]) > patchSide ? best : shift;
  };
}

/** The mean of the patches at each pixel; the better one fits there, the more it counts. */
function densified(here: Plane, there: Plane, { columns, rows, right, down }: Patches, before: Flow): Flow {
  const flow = still(here);
  const total = new Float32Array(here.width * here.height);
  for (const [row, top] of rows.entries())
    for (const [column, left] of columns.entries()) {
      const at = row * columns.length + column;
      const shift = [right[at] as number, down[at] as number] as const;
      for (let y = top; y < Math.min(top + patchSide, here.height); y++)
        for (let x = left; x < Math.min(left + patchSide, here.width); x++) {
          const i = y * here.width + x;
          const difference = sample(there, x + shift[0], y + shift[1]) - (here.values[i] as number);
          const weight = 1 / Math.max(1, Math.abs(difference));
          total[i] = (total[i] as number) + weight;
          flow.right[i] = (flow.right[i] as number) + weight * shift[0];
          flow.down[i] = (flow.down[i] as number) + weight * shift[1];
        }
    }
  for (let i = 0; i < total.length; i++) {
    const sum = total[i] as number;
    flow.right[i] = sum > 0 ? (flow.right[i] as number) / sum : (before.right[i] as number);
    flow.down[i] = sum > 0 ? (flow.down[i] as number) / sum : (before.down[i] as number);
  }
  return flow;
}

/**
 * Refines a flow in place, by minimising robust functions of the differences of intensity and of its gradient, and of the
 * flow's own variation, with successive over-relaxation.
 *
 * @see Brox, Bruhn, Papenberg & Weickert 2004, High accuracy optical flow estimation based on a theory for warping
 */
function refine(here: Plane, there: Plane, { right, down }: Flow): void {
  const { width, height } = here;
  const size = width * height;
  const plane = (values: Float32Array): Plane => ({ width, height, values });
  const warped = new Float32Array(size);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      warped[i] = sample(there, x + (right[i] as number), y + (down[i] as number));
  const mean = here.values.map((value, i) => (value + (warped[i] as number)) / 2);
  const change = warped.map((value, i) => value - (here.values[i] as number));
  const { x: ix, y: iy } = slopes(plane(mean));
  const { x: ixx, y: ixy } = slopes(plane(ix));
  const { y: iyy } = slopes(plane(iy));
  const { x: ixz, y: iyz } = slopes(plane(change));
  const [du, dv] = [new Float32Array(size), new Float32Array(size)];
  const [a11, a12, a22] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  const [b1, b2] = [new Float32Array(size), new Float32Array(size)];
  const tie = new Float32Array(size);
  const { smoothness, intensity, gradient, fixedPoints, relaxations, omega } = refinement;
  for (let round = 0; round < fixedPoints; round++) {
    for (let i = 0; i < size; i++) {
      const [u, v] = [du[i] as number, dv[i] as number];
      const [x, y, z] = [ix[i] as number, iy[i] as number, change[i] as number];
      const norm = x * x + y * y + zeta2;
      const off = z + x * u + y * v;
      const w = intensity / Math.sqrt((off * off) / norm + epsilon2) / norm;
      const [xx, xy, yy] = [ixx[i] as number, ixy[i] as number, iyy[i] as number];
      const [xz, yz] = [ixz[i] as number, iyz[i] as number];
      const [normX, normY] = [xx * xx + xy * xy + zeta2, yy * yy + xy * xy + zeta2];
      const [offX, offY] = [xz + xx * u + xy * v, yz + xy * u + yy * v];
      const g = gradient / Math.sqrt((offX * offX) / normX + (offY * offY) / normY + epsilon2);
      a11[i] = w * x * x + g * ((xx * xx) / normX + (xy * xy) / normY);
      a12[i] = w * x * y + g * ((xx * xy) / normX + (xy * yy) / normY);
      a22[i] = w * y * y + g * ((xy * xy) / normX + (yy * yy) / normY);
      b1[i] = -w * z * x - g * ((xx * xz) / normX + (xy * yz) / normY);
      b2[i] = -w * z * y - g * ((xy * xz) / normX + (yy * yz) / normY);
    }
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        const [next, below] = [x < width - 1 ? i + 1 : i, y < height - 1 ? i + width : i];
        const u = (right[i] as number) + (du[i] as number);
        const v = (down[i] as number) + (dv[i] as number);
        const ux = (right[next] as number) + (du[next] as number) - u;
        const uy = (right[below] as number) + (du[below] as number) - u;
        const vx = (down[next] as number) + (dv[next] as number) - v;
        const vy = (down[below] as number) + (dv[below] as number) - v;
        tie[i] = smoothness / Math.sqrt(ux * ux + uy * uy + vx * vx + vy * vy + epsilon2);
      }
    for (let sweep = 0; sweep < relaxations; sweep++)
      for (let y = 0, i = 0; y < height; y++)
        for (let x = 0; x < width; x++, i++) {
          let [ties, u, v] = [0, 0, 0];
          const pull = (j: number, weight: number) => {
            ties += weight;
            u += weight * ((right[j] as number) + (du[j] as number) - (right[i] as number));
            v += weight * ((down[j] as number) + (dv[j] as number) - (down[i] as number));
          };
          if (x > 0) pull(i - 1, tie[i - 1] as number);
          if (x < width - 1) pull(i + 1, tie[i] as number);
          if (y > 0) pull(i - width, tie[i - width] as number);
          if (y < height - 1) pull(i + width, tie[i] as number);
          const nextU =
            ((b1[i] as number) + u - (a12[i] as number) * (dv[i] as number)) / ((a11[i] as number) + ties);
          du[i] = (du[i] as number) + omega * (nextU - (du[i] as number));
          const nextV =
            ((b2[i] as number) + v - (a12[i] as number) * (du[i] as number)) / ((a22[i] as number) + ties);
          dv[i] = (dv[i] as number) + omega * (nextV - (dv[i] as number));
        }
  }
  for (let i = 0; i < size; i++) {
    right[i] = (right[i] as number) + (du[i] as number);
    down[i] = (down[i] as number) + (dv[i] as number);
  }
}
