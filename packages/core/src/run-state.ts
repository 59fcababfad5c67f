/** A tensor's numbers on the host, float32, row-major. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An optimizer's state with the names of arrays in place of its tensors. */
export type StateTree =
  | number
  | string
  | boolean
  | readonly ["tensor", string]
  | readonly ["array", ...StateTree[]]
  | { readonly [name: string]: StateTree };

/**
 * Everything that decides the steps after a step, as plain data: a run that goes on from it, with the same options on the
 * same engine, takes the same steps as the run that it was read from. JSON keeps all of it but the arrays.
 */
export interface RunState {
  /** Name of the optimizer. */
  readonly optimizer: string;
  /** The steps done at each scale that has begun. */
  readonly steps: readonly number[];
  /** Whether the last of these scales has ended. */
  readonly ended: boolean;
  /** How many of the last scale's evaluations were accepted; absent where the optimizer accepts all of them. */
  readonly accepted?: number;
  /** The losses of the latest that was accepted, by term name, and their sum as "total"; present beside `accepted`. */
  readonly losses?: Readonly<Record<string, number>>;
  /** How often the run went back to an earlier image, each time with half the learning rate. */
  readonly backOffs: number;
  /** The accepted step of the scale since which the weights are the same, and no image was gone back to. */
  readonly since: number;
  /** The unit of the weights at the run's first step; absent while all weights were 0. */
  readonly unit?: number;
  /** The weights of the latest step, in the order of the terms. */
  readonly weights: readonly number[];
  /** The total losses of the latest steps, the oldest first, which `untilStable` compares. */
  readonly totals: readonly number[];
  /** Index of the step whose image the run may go back to; absent at the end of a scale. */
  readonly kept?: number;
  /** The memory that the run was planned for, in bytes, which decides its tiles; absent where it is unlimited. */
  readonly memoryBytes?: number;
  /** The optimizer's state. */
  readonly state: StateTree;
  /** The arrays `image`, `kept`, and those that `state` names. */
  readonly arrays: Readonly<Record<string, HostArray>>;
}
