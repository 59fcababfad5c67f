import { describe, expect, it } from "vitest";
import { engineText } from "./engines-command.js";

describe("what is said of an engine", () => {
  it("is its device and its rate, fast ones too in plain digits", () => {
    const report = { name: "webgpu", available: true, device: "a GPU" } as const;
    expect(engineText({ ...report, gflops: 15612.4 })).toBe("webgpu   a GPU, 15600 GFLOP/s\n");
    expect(engineText({ ...report, gflops: 0.2847 })).toBe("webgpu   a GPU, 0.285 GFLOP/s\n");
  });

  it("is what it lacks", () => {
    expect(engineText({ name: "cuda", available: false, reason: "Expected a GPU, found none." })).toBe(
      "cuda     Expected a GPU, found none.\n",
    );
    const remedy = { kind: "install engine", engine: "native" } as const;
    expect(engineText({ name: "native", available: false, reason: "It is not here.", remedy })).toBe(
      "native   It is not here. Install it with `brushwork engines install native`, or use another engine.\n",
    );
  });
});
