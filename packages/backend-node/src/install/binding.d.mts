/** A TensorFlow to compile the binding against. */
export interface TensorflowFiles {
  /** libtensorflow, or libtensorflow_cc, which has its functions too. */
  readonly library: string;
  readonly framework: string;
  /** The folder of tensorflow/c/c_api.h. */
  readonly include: string;
}

/** A failure whose message is one sentence. */
export class BindingFailure extends Error {}

/**
 * The folder of this Node's headers.
 * @throws {BindingFailure} when this machine lacks them, or a compiler
 */
export function buildTools(): string;

/**
 * Lays a TensorFlow out in the folder of @tensorflow/tfjs-node as its own install script would, by links.
 * @param tfjsNode the folder of @tensorflow/tfjs-node
 */
export function linkTensorflow(tfjsNode: string, tensorflow: TensorflowFiles): Promise<void>;

/**
 * Compiles the binding against the TensorFlow in the package's folder, to where the package looks for it.
 * @throws {BindingFailure} when it does not compile
 */
export function compileBinding(
  tfjsNode: string,
  headers: string,
  signal?: AbortSignal | undefined,
): Promise<void>;

/**
 * Runs one convolution in a process of its own, so that a binding that crashes takes nothing along.
 *
 * @param tfjsNode the folder of @tensorflow/tfjs-node
 * @returns TensorFlow's version and whether it computes on a GPU, or why it does not run, on one line
 */
export function provenBinding(
  tfjsNode: string,
  signal?: AbortSignal | undefined,
): Promise<
  | { readonly version: string; readonly onGpu: boolean; readonly trouble?: never }
  | { readonly version?: never; readonly onGpu?: never; readonly trouble: string }
>;
