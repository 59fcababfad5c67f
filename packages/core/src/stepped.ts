import * as tf from "@tensorflow/tfjs-core";
import type { Objective } from "./objective.js";
import type { NextImage, Optimizer } from "./optimizer.js";
import { type Position, replace } from "./position.js";

/** What an optimizer makes of an evaluation, and the weighted losses by term name. The caller owns both. */
export interface Stepped {
  readonly next: NextImage<tf.TensorContainer>;
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/**
 * One evaluation at a position, and what the optimizer makes of it.
 *
 * @param settle resolves once the device has done its work, before numbers are read back that the optimizer asks for
 */
export async function stepped(
  objective: Objective,
  optimizer: Optimizer,
  at: Position,
  weights: Readonly<Record<string, tf.Scalar>>,
  settle: () => Promise<void>,
): Promise<Stepped> {
  const { asks } = optimizer;
  if (asks === undefined)
    return objective.at(at.image, weights, (evaluation) => ({
      next: optimizer.step(at.image, at.state, evaluation),
      terms: { ...evaluation.terms },
    }));
  const { questions, loss, gradient, terms } = await objective.at(at.image, weights, (evaluation) => ({
    questions: tf.stack([...asks(at.image, at.state, evaluation)]),
    loss: evaluation.loss,
    gradient: evaluation.gradient,
    terms: { ...evaluation.terms },
  }));
  const evaluated = { image: gradient, state: [questions, loss, { ...terms }] };
  try {
    await settle();
    const asked = await questions.data();
    const next = tf.tidy(() => optimizer.step(at.image, at.state, { loss, gradient, terms, asked }));
    replace(evaluated, { image: next.image, state: [next.state, { ...terms }] });
    return { next, terms };
  } catch (error) {
    tf.dispose(evaluated);
    throw error;
  }
}
