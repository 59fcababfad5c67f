/** A tensor's buffer in a list of commands: how large it is, and from which command to which it is needed. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Whether it needs a buffer of exactly its size, which smaller ones may use before and after it. */
  readonly exact?: boolean;
}

/** Buffers that several tensors use one after another. */
export interface Placement {
  /** The size of each buffer, in bytes. */
  readonly buffers: readonly number[];
  /** The index of each tensor's buffer. */
  readonly places: readonly number[];
}

/**
 * Places tensors in buffers so that no two of them are in one buffer at the same time, a command's inputs and its output
 * among them: the largest first, each in the smallest buffer that is free throughout its lifetime.
 *
 * @see Pisarchyk & Lee 2020, Efficient memory management for deep neural net inference: greedy by size, for shared objects
 */
export function placed(lifetimes: readonly Lifetime[]): Placement {
  const buffers: { readonly bytes: number; readonly users: Lifetime[] }[] = [];
  const places = new Array<number>(lifetimes.length);
  const order = lifetimes
    .map((lifetime, index) => ({ lifetime, index }))
    // Buffers of exact sizes come first, for the others to use them.
    .sort(
      (a, b) =>
        Number(b.lifetime.exact ?? false) - Number(a.lifetime.exact ?? false) ||
        b.lifetime.bytes - a.lifetime.bytes,
    );
  for (const { lifetime, index } of order) {
    let best: number | undefined;
    for (const [i, { bytes, users }] of buffers.entries()) {
      const fits = lifetime.exact ? bytes === lifetime.bytes : bytes >= lifetime.bytes;
      const smaller = best === undefined || bytes < (buffers[best]?.bytes ?? 0);
      if (fits && smaller && !users.some((user) => overlap(user, lifetime))) best = i;
    }
    if (best === undefined) best = buffers.push({ bytes: lifetime.bytes, users: [] }) - 1;
    buffers[best]?.users.push(lifetime);
    places[index] = best;
  }
  return { buffers: buffers.map(({ bytes }) => bytes), places };
}

function overlap(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}
