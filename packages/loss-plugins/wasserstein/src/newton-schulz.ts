import * as tf from "@tensorflow/tfjs-core";

/**
 * The square root of a symmetric, positive definite matrix, and the inverse of that root.
 *
 * Like `polarFactor` it is a Newton–Schulz iteration: it consists of matrix products, so that it runs on every engine
 * without reading anything back. Each step is scaled for the smallest remaining value, which takes half as many steps
 * as the plain iteration.
 *
 * @param matrix [n, n]
 * @param smallest lower bound of the eigenvalues as a share of the Frobenius norm, above 0; the number of steps grows
 * with the logarithm of its inverse. Roots of smaller eigenvalues are finite, but too small.
 * @returns both [n, n]
 * @see Higham 2008, Functions of matrices, equation 6.35; Chen & Chow 2014, A stable scaling of Newton-Schulz for
 * improving the sign function computation of a Hermitian matrix
 */
export function squareRoot(
  matrix: tf.Tensor2D,
  smallest: number,
): { readonly root: tf.Tensor2D; readonly inverse: tf.Tensor2D } {
  return tf.tidy(() => {
    const identity = tf.eye(matrix.shape[0]);
    const norm = tf.norm(matrix);
    let y = tf.div<tf.Tensor2D>(matrix, norm);
    let z = identity;
    for (const { linear, cubic } of steps(Math.sqrt(smallest))) {
      [y, z] = tf.tidy(() => {
        const t = tf.sub<tf.Tensor2D>(tf.mul(identity, linear), tf.mul(tf.matMul(z, y), cubic));
        return [tf.matMul<tf.Tensor2D>(y, t), tf.matMul<tf.Tensor2D>(t, z)];
      });
    }
    const scale = tf.sqrt(norm);
    return { root: tf.mul<tf.Tensor2D>(y, scale), inverse: tf.div<tf.Tensor2D>(z, scale) };
  });
}

/**
 * The orthogonal factor U of the polar decomposition K = U (KᵀK)^½.
 *
 * @param matrix K, [n, n]
 * @param smallest lower bound of the singular values as a share of the Frobenius norm, above 0
 * @returns [n, n]
 * @see Higham 2008, Functions of matrices, equation 8.20
 */
export function polarFactor(matrix: tf.Tensor2D, smallest: number): tf.Tensor2D {
  return tf.tidy(() => {
    let x = tf.div<tf.Tensor2D>(matrix, tf.norm(matrix));
    for (const { linear, cubic } of steps(smallest))
      x = tf.tidy(() => {
        // WebAssembly's fast product takes no transposed operand.
        const square = tf.matMul(tf.transpose(x), x);
        return tf.sub(tf.mul(x, linear), tf.mul(tf.matMul(x, square), cubic));
      });
    return x;
  });
}

/**
 * An approximate square root of a symmetric, positive semidefinite matrix by unscaled Newton–Schulz steps, as in
 * crowsonkb/style-transfer-pytorch. A share x of the Frobenius norm has a root of at most (3/2)^iterations · x, which
 * is far too small where x is.
 *
 * @param matrix [n, n], not 0
 * @returns [n, n]
 * @see Higham 2008, Functions of matrices, equation 6.35
 */
export function unscaledRoot(matrix: tf.Tensor2D, iterations: number): tf.Tensor2D {
  return tf.tidy(() => {
    const norm = tf.norm(matrix);
    const identity = tf.eye(matrix.shape[0]);
    let y = tf.div<tf.Tensor2D>(matrix, norm);
    let z = identity;
    for (let i = 0; i < iterations; i++) {
      [y, z] = tf.tidy(() => {
        const t = tf.sub<tf.Tensor2D>(tf.mul(identity, 1.5), tf.mul(tf.matMul(z, y), 0.5));
        return [tf.matMul<tf.Tensor2D>(y, t), tf.matMul<tf.Tensor2D>(t, z)];
      });
    }
    return tf.mul<tf.Tensor2D>(y, tf.sqrt(norm));
  });
}

/**
 * Twice the gradient of the trace of a matrix's root, which is the root's inverse, by as many steps of the iteration
 * that solves the Lyapunov equation root · X + X · root = I. As everything in it commutes with the root, it needs no
 * commutators.
 *
 * @param root [n, n], symmetric, not 0
 * @returns [n, n]
 * @see Lin & Maji 2017, Improved bilinear pooling with CNNs, which differentiates roots in this way
 */
export function unscaledInverse(root: tf.Tensor2D, iterations: number): tf.Tensor2D {
  return tf.tidy(() => {
    const norm = tf.norm(root);
    const identity = tf.eye(root.shape[0]);
    let a = tf.div<tf.Tensor2D>(root, norm);
    let x = tf.div<tf.Tensor2D>(identity, norm);
    for (let i = 0; i < iterations; i++) {
      [a, x] = tf.tidy(() => {
        const t = tf.sub<tf.Tensor2D>(tf.mul(identity, 1.5), tf.mul(tf.matMul(a, a), 0.5));
        return [tf.matMul<tf.Tensor2D>(a, t), tf.matMul<tf.Tensor2D>(x, t)];
      });
    }
    return x;
  });
}

/** The largest distance from 1 of the smallest value at the end, in exact arithmetic. */
const convergence = 1e-7;

/** The steps' polynomials, linear · x − cubic · x³, which bring all values from the least up to 1 ever closer to 1. */
function steps(least: number): readonly { readonly linear: number; readonly cubic: number }[] {
  const found = [];
  let x = least;
  while (1 - x > convergence) {
    const scale = Math.sqrt(3 / (1 + x + x ** 2));
    const [linear, cubic] = [1.5 * scale, 0.5 * scale ** 3];
    found.push({ linear, cubic });
    x = linear * x - cubic * x ** 3;
  }
  return found;
}
