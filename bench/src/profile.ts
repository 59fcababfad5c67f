import type { Profile } from "./report.js";

/** Kinds of kernels by their names; the first pattern that matches counts. */
const kinds: readonly (readonly [kind: string, kernels: RegExp])[] = [
  ["convolution", /Conv2D/],
  ["relu and its gradient", /^Relu|^Step$/],
  ["pooling and its gradient", /Pool|^Resize/],
  ["matrix products (Gram)", /MatMul|^Transpose$/],
];

/** Milliseconds of one step by kind of kernel; everything else that kernels do counts as element-wise. */
export function profileOf(byKernel: ReadonlyMap<string, number>, total: number): Profile {
  const profile: Record<string, number> = Object.fromEntries(kinds.map(([kind]) => [kind, 0]));
  let rest = 0;
  let inKernels = 0;
  for (const [kernel, milliseconds] of byKernel) {
    const kind = kinds.find(([, kernels]) => kernels.test(kernel))?.[0];
    inKernels += milliseconds;
    if (kind === undefined) rest += milliseconds;
    else profile[kind] = (profile[kind] ?? 0) + milliseconds;
  }
  return { ...profile, "element-wise (bias, losses, optimizer)": rest, "outside kernels": total - inKernels };
}
