import { readSafetensors } from "@brushwork/networks";
import { expect, it } from "vitest";
import { bytesOf, safetensorsHeader } from "./safetensors-header.js";

it("makes arrays that follow one another a safetensors file", () => {
  const shapes = { kernel: [1, 2], bias: [3] };
  expect(bytesOf(shapes)).toBe(20);
  const header = safetensorsHeader(shapes);
  expect(header.length % 8).toBe(0);
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5).buffer);
  expect(readSafetensors(Uint8Array.from([...header, ...data]))).toEqual({
    kernel: { shape: [1, 2], data: Float32Array.of(1, 2) },
    bias: { shape: [3], data: Float32Array.of(3, 4, 5) },
  });
});
