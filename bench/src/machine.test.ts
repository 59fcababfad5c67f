import { describe, expect, it } from "vitest";
import { canBeFast } from "./machine.js";

describe("fast precision", () => {
  it("needs AMX, or bf16 of Arm; avx512_bf16 is not enough", () => {
    expect(canBeFast({ instructions: ["avx2", "avx512f", "avx512_bf16"] })).toBe(false);
    expect(canBeFast({ instructions: ["avx2", "avx512f", "avx512_bf16", "amx_bf16"] })).toBe(true);
    expect(canBeFast({ instructions: ["asimd"] })).toBe(false);
    expect(canBeFast({ instructions: ["asimd", "bf16"] })).toBe(true);
  });

  it("is tried where the system does not list the instructions", () => {
    expect(canBeFast({ instructions: [] })).toBe(true);
  });
});
