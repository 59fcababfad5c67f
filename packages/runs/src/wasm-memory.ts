import { Diverged, type Engine, messageOf } from "@brushwork/core";

const gibibyte = 2 ** 30;

/** What TensorFlow.js's WebAssembly backend can hold, in Node and in a browser alike. */
export const wasmLimits = {
  // Convolutions were seen to give right results up to here, at addresses beyond 2 GiB as well.
  largestTensorBytes: 2 * gibibyte - 1,
  // WebAssembly can address 4 GiB. The backend does not notice when they are full, but overwrites what lies at the start.
  memoryBytes: 3.5 * gibibyte,
  // Measured with compact, from small pictures to the largest that fit: 1.3 to 1.5.
  overhead: 1.5,
} as const satisfies Pick<Engine, "largestTensorBytes" | "memoryBytes" | "overhead">;

/** A heap of this size is about to be full, or was full before a part of it was freed: it never shrinks. */
const fullBytes = 3.9 * gibibyte;

/** A heap below this size is not the reason for a wrong result. */
const largeBytes = 1.5 * gibibyte;

/** Errors of a backend that is out of memory: from its own code, from Emscripten, and from the JavaScript engine. */
export const wasmMemoryMessages =
  /memory access out of bounds|out of memory|Aborted\(|Array buffer allocation failed|Invalid typed array length|table index is out of bounds|unreachable/i;

/** The part of TensorFlow.js's WebAssembly backend that is used here. */
export interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
}

/**
 * Watches the memory of a WebAssembly backend. A tensor that finds no room is an error from now on, where the backend
 * would put it over whatever lies at the start of its memory.
 *
 * @param backend TensorFlow.js's, running
 * @returns `exhausted`, as an `Engine` has it
 */
export function wasmMemory(backend: object): Required<Pick<Engine, "exhausted">> {
  const { wasm } = backend as WasmBackend;
  let failed = false;
  // Its first call puts the compiled function in its own place.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address === 0 && bytes > 0) {
      failed = true;
      throw new Error(`WebAssembly is out of memory: it has no ${bytes} bytes left.`);
    }
    return address;
  };
  return {
    exhausted(error) {
      const heap = wasm.HEAPU8.length;
      if (failed || heap >= fullBytes) return true;
      if (error === undefined) return false;
      // A convolution without room leaves its result as it was, and says so on the console only.
      return wasmMemoryMessages.test(messageOf(error)) || (error instanceof Diverged && heap >= largeBytes);
    },
  };
}
