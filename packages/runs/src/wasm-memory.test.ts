import { Diverged } from "@brushwork/core";
import { expect, it } from "vitest";
import { type WasmBackend, wasmMemory } from "./wasm-memory.js";

const gibibyte = 2 ** 30;

/** A backend whose heap has a size, and room for so many bytes more. */
function backend(heap: number, room = Number.POSITIVE_INFINITY): WasmBackend {
  return {
    wasm: {
      HEAPU8: { length: heap } as Uint8Array,
      // As Emscripten's does, its first call puts another in its own place.
      _malloc(bytes: number) {
        this._malloc = (size) => (size > room ? 0 : -1024);
        return this._malloc(bytes);
      },
      _free() {},
    },
  };
}

it("a tensor without room is an error, and the memory is exhausted from then on", () => {
  const small = backend(gibibyte, 1000);
  const { exhausted } = wasmMemory(small);
  // Addresses beyond 2 GiB are negative.
  expect(small.wasm._malloc(1000)).toBe(-1024);
  expect(exhausted()).toBe(false);
  expect(() => small.wasm._malloc(1001)).toThrow("WebAssembly is out of memory: it has no 1001 bytes left.");
  expect(exhausted()).toBe(true);
});

it("an empty tensor needs no room", () => {
  const full = backend(gibibyte, -1);
  wasmMemory(full);
  expect(full.wasm._malloc(0)).toBe(0);
});

it.each([
  ["nothing", undefined, 2 * gibibyte, false],
  ["nothing, with a full heap", undefined, 3.95 * gibibyte, true],
  ["WebAssembly's trap", new Error("memory access out of bounds"), gibibyte, true],
  ["Emscripten's end", new Error("Aborted(). Build with -sASSERTIONS for more info."), gibibyte, true],
  ["a typed array", new RangeError("Invalid typed array length: 20173952000"), gibibyte, true],
  ["another error", new Error("Expected a layer."), 3 * gibibyte, false],
  ["a loss that is Infinity in a large heap", diverged(), 2 * gibibyte, true],
  ["a loss that is Infinity in a small heap", diverged(), gibibyte, false],
])("after %s", (_, error, heap, exhausted) => {
  expect(wasmMemory(backend(heap)).exhausted(error)).toBe(exhausted);
});

function diverged(): Diverged {
  return new Diverged({ step: 1, term: "style", value: Number.POSITIVE_INFINITY });
}
