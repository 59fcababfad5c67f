import { type Evaluation, type Optimizer, resample } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assert,
  assertClose,
  assertFinite,
  assertShape,
  assertTensors,
  assertUntouched,
} from "./assertions.js";
import type { Runner } from "./runner.js";
import { noise, read, scoped, taken, tensorCount, tensorsIn } from "./tensors.js";

/** The optimizer to test, and how. */
export interface OptimizerContract {
  /** The suite's title. */
  readonly name: string;
  /** Makes a new optimizer for each test. */
  readonly optimizer: () => Optimizer;
  /** The number of steps that reduce the loss of a quadratic to a tenth. @default 100 */
  readonly steps?: number;
}

/** The image and state of an optimizer. */
interface Position {
  readonly image: tf.Tensor4D;
  readonly state: tf.TensorContainer;
}

/**
 * Tests of everything that an `Optimizer` has to do. They need an engine: start one in a `beforeAll`.
 *
 * The optimizer descends a quadratic whose curvature differs by up to ten times between pixels, from noise in [0, 1] to
 * a minimum in the same range.
 */
export function testOptimizer({ describe, it }: Runner, contract: OptimizerContract): void {
  const { steps = 100 } = contract;

  describe(`${contract.name} keeps an optimizer's promises`, () => {
    test("it names itself", async ({ name }) => {
      assert(name !== "", "Expected the optimizer to have a name, got an empty one.");
    });

    test(`it descends a quadratic to a tenth in ${steps} steps`, async (optimizer) => {
      const bowl = quadratic(shape);
      const start = startOf(optimizer, noise(shape, 1));
      const loss = await lossAt(bowl, start.image);
      const end = moved(optimizer, bowl, start, steps);
      assertBelow(await lossAt(bowl, end.image), loss / 10, "the image");
      assertBelow(await lossAt(bowl, pictureOf(optimizer, end)), loss, "the picture");
    });

    test("it continues at another size", async (optimizer) => {
      const before = moved(optimizer, quadratic(shape), startOf(optimizer, noise(shape, 1)), 3);
      const carry = (tensor: tf.Tensor4D) => {
        assertShape(tensor, [1, 5, 4, tensor.shape[3]], "a tensor carried to another size");
        return resample(tensor, [7, 6]);
      };
      const image = resample(before.image, [7, 6]);
      const state = tf.tidy(() => optimizer.resize?.(before.state, carry) ?? optimizer.init(image));
      const bowl = quadratic([1, 7, 6, 3]);
      const loss = await lossAt(bowl, image);
      assertShape(pictureOf(optimizer, { image, state }), [1, 7, 6, 3], "the picture at another size");
      const end = moved(optimizer, bowl, { image, state }, steps);
      assertBelow(await lossAt(bowl, end.image), loss / 10, "the image");
    });

    test("it is deterministic, and does not change or free its input", async (optimizer) => {
      const bowl = quadratic(shape);
      const at = moved(optimizer, bowl, startOf(optimizer, noise(shape, 1)), 3);
      const evaluation = bowl(at.image);
      const given = [...tensorsIn(at), ...tensorsIn(evaluation)];
      const before = await Promise.all(given.map(read));
      const once = tensorsIn(stepped(optimizer, at, evaluation));
      pictureOf(optimizer, at);
      await assertUntouched(given, before, "image, state and evaluation");
      const twice = tensorsIn(stepped(optimizer, at, evaluation));
      for (const [i, tensor] of once.entries()) {
        const again = twice[i];
        assert(again !== undefined, `Expected as many tensors the second time, got ${twice.length}.`);
        assertClose(await read(again), await read(tensor), "the image and state of a repeated step");
      }
    });

    test("its numbers and its step agree", async (optimizer) => {
      const bowl = quadratic(shape);
      const at = moved(optimizer, bowl, startOf(optimizer, noise(shape, 1)), 3);
      const counted = optimizer.numbers?.(at.state);
      if (counted === undefined) return;
      const evaluation = bowl(at.image);
      const numbers = counted.numbers.map((number) => tf.scalar(number));
      const given = stepped(optimizer, at, { ...evaluation, numbers });
      assert(
        hostPart(counted.state) === hostPart(given.state),
        `Expected numbers to give the state after a step, ${hostPart(given.state)}, got ${hostPart(counted.state)}.`,
      );
      const own = tensorsIn(stepped(optimizer, at, evaluation));
      for (const [i, tensor] of tensorsIn(given).entries())
        assertClose(
          await read(tensor),
          await read(own[i] ?? tf.scalar(Number.NaN)),
          "a step with its numbers given",
        );
    });

    test("its images and pictures have the image's shape", async (optimizer) => {
      const start = startOf(optimizer, noise(shape, 1));
      const end = moved(optimizer, quadratic(shape), start, 1);
      for (const at of [start, end]) {
        assertShape(at.image, shape, "the image");
        assertShape(pictureOf(optimizer, at), shape, "the picture");
        assertFinite(await read(pictureOf(optimizer, at)), "the picture");
      }
    });

    test("it stays finite where the gradient is zero", async (optimizer) => {
      const plain = (image: tf.Tensor4D): Evaluation => ({
        loss: tf.scalar(0),
        gradient: tf.zerosLike(image),
        terms: { plain: tf.scalar(0) },
      });
      const end = moved(optimizer, plain, startOf(optimizer, noise(shape, 1)), 3);
      assertFinite(await read(end.image), "the image after 3 steps without a gradient");
    });

    test("it leaves no tensors behind but those it returns", async (optimizer) => {
      const bowl = quadratic(shape);
      const image = noise(shape, 1);
      let before = tensorCount();
      let at = startOf(optimizer, image);
      assertTensors(before, newIn(at, [image]), "init");
      for (let step = 1; step <= 5; step++) {
        const evaluation = bowl(at.image);
        before = tensorCount();
        const given = [...tensorsIn(at), ...tensorsIn(evaluation)];
        at = stepped(optimizer, at, evaluation);
        assertTensors(before, newIn(at, given), `step ${step}`);
      }
    });
  });

  function test(title: string, body: (optimizer: Optimizer) => Promise<void>): void {
    it(title, () => scoped(() => body(contract.optimizer())));
  }
}

const shape: Shape = [1, 5, 4, 3];

type Shape = readonly [number, number, number, number];

/** ½ Σ a (x − m)², with curvatures a from 0.1 to 1 and the minimum m from 0.2 to 0.8. */
function quadratic(shape: Shape): (image: tf.Tensor4D) => Evaluation {
  const curvature = noise(shape, 2, [0.1, 1]);
  const minimum = noise(shape, 3, [0.2, 0.8]);
  return (image) =>
    tf.tidy(() => {
      const distance = tf.sub(image, minimum);
      const gradient = tf.mul<tf.Tensor4D>(curvature, distance);
      const loss = tf.mul<tf.Scalar>(0.5, tf.sum(tf.mul(gradient, distance)));
      return { loss, gradient, terms: { quadratic: loss } };
    });
}

function startOf(optimizer: Optimizer, image: tf.Tensor4D): Position {
  return { image, state: tf.tidy(() => optimizer.init(image)) };
}

function moved(
  optimizer: Optimizer,
  evaluate: (image: tf.Tensor4D) => Evaluation,
  start: Position,
  steps: number,
): Position {
  let at = start;
  for (let step = 0; step < steps; step++) at = stepped(optimizer, at, evaluate(at.image));
  return at;
}

/** The position after a step, for which the optimizer gets the numbers that it asks for. */
function stepped(optimizer: Optimizer, { image, state }: Position, at: Evaluation): Position {
  return tf.tidy(() => {
    const asked = optimizer.asks?.(image, state, at).map((scalar) => scalar.dataSync()[0] ?? Number.NaN);
    const next = optimizer.step(image, state, asked === undefined ? at : { ...at, asked });
    return { image: next.image, state: next.state };
  });
}

/** Everything of a state but the values of its tensors, as text. */
function hostPart(state: tf.TensorContainer): string {
  return JSON.stringify(state, (_, part) => (part instanceof tf.Tensor ? "a tensor" : part));
}

function pictureOf(optimizer: Optimizer, { image, state }: Position): tf.Tensor4D {
  return tf.tidy(() => optimizer.picture?.(image, state) ?? image);
}

async function lossAt(evaluate: (image: tf.Tensor4D) => Evaluation, image: tf.Tensor4D): Promise<number> {
  return (await taken(evaluate(image).loss))[0] ?? Number.NaN;
}

function assertBelow(loss: number, bound: number, what: string): void {
  assert(loss < bound, `Expected the loss of ${what} to fall below ${bound}, got ${loss}.`);
}

/** The number of a position's tensors that are not among the given ones. */
function newIn(position: Position, given: readonly tf.Tensor[]): number {
  return new Set(tensorsIn(position).filter((tensor) => !given.includes(tensor))).size;
}
