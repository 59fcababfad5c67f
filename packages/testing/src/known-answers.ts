import * as tf from "@tensorflow/tfjs-core";

/** An operation and its result. */
interface Answer {
  readonly run: () => tf.Tensor;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const square = () => tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);

/** Two filters: one weighs the upper left, the upper middle and the lower right by 1, 2 and 3; the other copies. */
const filters = () => tf.tensor4d([1, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0], [3, 3, 1, 2]);

const matrix = () => tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);

/** Operations that networks, losses and optimizers consist of, with results worked out by hand. */
export const knownAnswers: Readonly<Record<string, Answer>> = {
  conv2d: {
    run: () => tf.conv2d(square(), filters(), 1, "same"),
    shape: [1, 3, 3, 2],
    values: [15, 1, 18, 2, 0, 3, 26, 4, 32, 5, 8, 6, 8, 7, 14, 8, 17, 9],
  },
  "fused.conv2d": {
    run: () =>
      tf.fused.conv2d({
        x: square(),
        filter: filters(),
        strides: 1,
        pad: "same",
        bias: tf.tensor1d([-16, -5]),
        activation: "relu",
      }),
    shape: [1, 3, 3, 2],
    values: [0, 0, 2, 0, 0, 0, 10, 0, 16, 0, 0, 1, 0, 2, 0, 3, 1, 4],
  },
  avgPool: {
    run: () => tf.avgPool(square(), 2, 2, "valid"),
    shape: [1, 1, 1, 1],
    values: [3],
  },
  matMul: {
    run: () => tf.matMul(matrix(), tf.tensor2d([1, 0, 2, 0, 1, 3], [2, 3])),
    shape: [3, 3],
    values: [1, 2, 8, 3, 4, 18, 5, 6, 28],
  },
  "matMul of a transposed matrix": {
    run: () => tf.matMul(matrix(), matrix(), true, false),
    shape: [2, 2],
    values: [35, 44, 44, 56],
  },
  transpose: {
    run: () => tf.transpose(tf.reshape(matrix(), [1, 1, 3, 2]), [0, 1, 3, 2]),
    shape: [1, 1, 2, 3],
    values: [1, 3, 5, 2, 4, 6],
  },
  reverse: {
    run: () => tf.reverse(square(), [1]),
    shape: [1, 3, 3, 1],
    values: [7, 8, 9, 4, 5, 6, 1, 2, 3],
  },
  "image.resizeNearestNeighbor": {
    run: () => tf.image.resizeNearestNeighbor(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), [4, 4]),
    shape: [1, 4, 4, 1],
    values: [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4],
  },
  pad: {
    run: () =>
      tf.pad(matrix(), [
        [0, 1],
        [1, 0],
      ]),
    shape: [4, 3],
    values: [0, 1, 2, 0, 3, 4, 0, 5, 6, 0, 0, 0],
  },
  slice: {
    run: () => tf.slice(square(), [0, 1, 0, 0], [1, 2, 2, 1]),
    shape: [1, 2, 2, 1],
    values: [4, 5, 7, 8],
  },
  "mean by channel": {
    run: () => tf.mean(tf.reshape(matrix(), [1, 3, 1, 2]), [1, 2]),
    shape: [1, 2],
    values: [3, 4],
  },
  // More than a GPU binds to one program. 1 + 2 + … + 20, and twice that.
  "addN of 20": {
    run: () => tf.addN(Array.from({ length: 20 }, (_, i) => tf.tensor1d([i + 1, 2 * i + 2]))),
    shape: [2],
    values: [210, 420],
  },
  "stack of 20": {
    run: () => tf.stack(Array.from({ length: 20 }, (_, i) => tf.scalar(i))),
    shape: [20],
    values: Array.from({ length: 20 }, (_, i) => i),
  },
  // 3 · dy instead of 2 x · dy: the given gradient, not the one that TensorFlow.js knows.
  customGrad: {
    run: () => {
      const odd = tf.customGrad((...[x]) => ({
        value: tf.sum(tf.square(x as tf.Tensor)),
        gradFunc: (dy: tf.Tensor) => tf.mul(tf.onesLike(x as tf.Tensor), tf.mul(dy, 3)),
      }));
      return tf.valueAndGrads((x) => odd(x as tf.Tensor) as tf.Scalar)([tf.tensor1d([1, -2])], tf.scalar(2))
        .grads[0] as tf.Tensor;
    },
    shape: [2],
    values: [6, 6],
  },
  "the gradient of mean and square": {
    run: () => tf.grad((x) => tf.mean(tf.square(x)))(tf.tensor1d([1, -2, 3, -4])),
    shape: [4],
    values: [0.5, -1, 1.5, -2],
  },
};
