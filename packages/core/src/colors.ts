import { isGrey } from "./grey.js";
import { checkPicture, lumaAt, type Picture, placedTensor, tensorPicture, transparency } from "./picture.js";
import type { Placement } from "./placement.js";

/** A variance, in squared levels of 255, below which colours count as not varying: rounding alone causes a twelfth. */
const leastVariance = 1;

/**
 * A picture with its own luma and the chroma of another one: Y′ of the one, Cb and Cr of the other, as Rec. 601 defines
 * them on sRGB levels. Alpha is the picture's own. A colour outside the gamut moves towards the grey of its luma until
 * it is inside, so luma and hue stay. A content that is grey has no chroma.
 *
 * @param content the picture whose chroma to take, of the same size
 * @param strength share of the content's chroma, from 0 to 1; the rest is the picture's own
 * @throws {TypeError} when the sizes differ, or the bytes of a picture do not match its size
 */
export function withChromaOf(picture: Picture, content: Picture, strength = 1): Picture {
  for (const each of [picture, content]) checkPicture(each);
  const { width, height } = picture;
  if (content.width !== width || content.height !== height)
    throw new TypeError(
      `Expected two pictures of one size, got ${width}×${height} and ${content.width}×${content.height}.`,
    );
  const [own, wanted] = [1 - strength, isGrey(content) ? 0 : strength];
  const data = new Uint8ClampedArray(picture.data);
  const level = (bytes: Uint8ClampedArray, at: number) => bytes[at] ?? 0;
  const chroma = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const luma = lumaAt(data, at);
    const lumaOfContent = lumaAt(content.data, at);
    let shown = 1;
    for (let c = 0; c < 3; c++) {
      const ofContent = level(content.data, at + c) - lumaOfContent;
      const difference = own * (level(data, at + c) - luma) + wanted * ofContent;
      chroma[c] = difference;
      if (luma + difference > 255) shown = Math.min(shown, (255 - luma) / difference);
      if (luma + difference < 0) shown = Math.min(shown, -luma / difference);
    }
    for (let c = 0; c < 3; c++) data[at + c] = luma + shown * (chroma[c] ?? 0);
  }
  return { width, height, data };
}

/**
 * A style with the mean and the covariance of the content's colours, by the affine map A x + b of Gatys et al.:
 * A = Σ_C^½ Σ_S^−½ with symmetric roots, and b = μ_C − A μ_S. Pixels count by their alpha, which stays. Colours outside
 * the gamut are clipped. Along a direction in which the style's colours do not vary, the result's do not either. A grey
 * picture counts as grey throughout, so that its noise does not become colour.
 *
 * @param content the picture whose colours to match
 * @param strength share of the matched colour in each pixel, from 0 to 1; the rest is the style's own
 * @throws {TypeError} when the bytes of a picture do not match its size
 * @see Gatys, Bethge, Hertzmann & Shechtman 2016, Preserving Color in Neural Artistic Style Transfer, section 4.1
 */
export function matchedTo(content: Picture, style: Picture, strength = 1): Picture {
  for (const each of [content, style]) checkPicture(each);
  const [from, to] = [statisticsOf(style), statisticsOf(content)];
  const matrix = product(power(to.covariance, 0.5), power(from.covariance, -0.5));
  const data = new Uint8ClampedArray(style.data);
  const apart = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    for (let c = 0; c < 3; c++) apart[c] = (data[at + c] ?? 0) - (from.mean[c] ?? 0);
    for (let c = 0; c < 3; c++) {
      let matched = to.mean[c] ?? 0;
      for (let k = 0; k < 3; k++) matched += (matrix[c]?.[k] ?? 0) * (apart[k] ?? 0);
      data[at + c] = (1 - strength) * (data[at + c] ?? 0) + strength * matched;
    }
  }
  return { width: style.width, height: style.height, data };
}

/**
 * The part of a picture that a placement shows, at that size. Reads from the device.
 * @throws {TypeError} when the bytes do not match the picture's size
 */
export async function placedPicture(picture: Picture, placement: Placement): Promise<Picture> {
  const image = placedTensor(picture, placement);
  const hidden = transparency(picture, placement);
  try {
    return await tensorPicture(image, hidden);
  } finally {
    for (const tensor of [image, hidden?.alpha, hidden?.lift]) tensor?.dispose();
  }
}

type Vector = readonly number[];
type Matrix = readonly Vector[];

/** Mean and covariance of a picture's colours in levels of 255, weighed by alpha. */
function statisticsOf(picture: Picture): { readonly mean: Vector; readonly covariance: Matrix } {
  const { data } = picture;
  const grey = isGrey(picture);
  const color = [0, 0, 0];
  /** Calls a function with each colour and its alpha. */
  const visit = (act: (alpha: number) => void) => {
    for (let at = 0; at < data.length; at += 4) {
      for (let c = 0; c < 3; c++) color[c] = data[at + c] ?? 0;
      if (grey) color.fill(((color[0] ?? 0) + (color[1] ?? 0) + (color[2] ?? 0)) / 3);
      act(data[at + 3] ?? 0);
    }
  };
  const mean = [0, 0, 0];
  let weight = 0;
  visit((alpha) => {
    weight += alpha;
    for (let c = 0; c < 3; c++) mean[c] = (mean[c] ?? 0) + alpha * (color[c] ?? 0);
  });
  // Nothing can be seen of a picture without weight, and any colour will do.
  const unit = 1 / Math.max(1, weight);
  for (let c = 0; c < 3; c++) mean[c] = (mean[c] ?? 0) * unit;
  const covariance = mean.map(() => [0, 0, 0]);
  visit((alpha) => {
    for (const [c, row] of covariance.entries())
      for (let k = 0; k < 3; k++)
        row[k] =
          (row[k] ?? 0) +
          alpha * unit * ((color[c] ?? 0) - (mean[c] ?? 0)) * ((color[k] ?? 0) - (mean[k] ?? 0));
  });
  return { mean, covariance };
}

/** A power of a covariance, on the directions in which colours vary; 0 on the others, as in a pseudo-inverse. */
function power(covariance: Matrix, exponent: number): Matrix {
  const { values, vectors } = eigen(covariance);
  const powers = values.map((value) => (value < leastVariance ? 0 : value ** exponent));
  const scaled = vectors.map((row) => row.map((value, i) => value * (powers[i] ?? 0)));
  return product(scaled, transposed(vectors));
}

/**
 * The eigenvalues of a symmetric matrix, and its eigenvectors as columns, by Jacobi's rotations.
 * @see Golub & Van Loan 2013, Matrix Computations, section 8.5
 */
function eigen(symmetric: Matrix): { readonly values: Vector; readonly vectors: Matrix } {
  const size = symmetric.length;
  let matrix = symmetric;
  let vectors: Matrix = symmetric.map((row, c) => row.map((_, k) => (c === k ? 1 : 0)));
  const at = (c: number, k: number) => matrix[c]?.[k] ?? 0;
  // What is left beside the diagonal is about squared by each sweep over three rows: after six, nothing is.
  for (let sweep = 0; sweep < 6; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const angle = Math.atan2(2 * at(p, q), at(q, q) - at(p, p)) / 2;
        const turn = rotation(size, p, q, angle);
        matrix = product(transposed(turn), product(matrix, turn));
        vectors = product(vectors, turn);
      }
  return { values: symmetric.map((_, i) => at(i, i)), vectors };
}

/** The rotation in the plane of two axes. */
function rotation(size: number, p: number, q: number, angle: number): Matrix {
  const turn = Array.from({ length: size }, (_, c) =>
    Array.from({ length: size }, (_, k) => Number(c === k)),
  );
  const set = (c: number, k: number, value: number) => turn[c]?.splice(k, 1, value);
  set(p, p, Math.cos(angle));
  set(q, q, Math.cos(angle));
  set(p, q, Math.sin(angle));
  set(q, p, -Math.sin(angle));
  return turn;
}

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => row.map((_, k) => row.reduce((sum, value, c) => sum + value * (b[c]?.[k] ?? 0), 0)));
}

function transposed(matrix: Matrix): Matrix {
  return matrix.map((row, c) => row.map((_, k) => matrix[k]?.[c] ?? 0));
}
