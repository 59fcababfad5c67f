import { afterEach, describe, expect, it, vi } from "vitest";
import { absenceOfEngine } from "./absence-of-engine.js";

describe("absenceOfEngine", () => {
  afterEach(() => vi.unstubAllEnvs());

  const absent = async () => {
    throw new Error("There is no binding.");
  };

  it("is nothing where the engine loads", async () => {
    expect(await absenceOfEngine("native", async () => "loaded")).toBeUndefined();
  });

  it("is the reason where it does not and need not", async () => {
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", "no");
    expect(await absenceOfEngine("native", absent)).toBe("There is no binding.");
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", undefined);
    expect(await absenceOfEngine("native", absent)).toBe("There is no binding.");
  });

  it("is an error where it must load", async () => {
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", "yes");
    vi.stubEnv("BRUSHWORK_EXPECT_WEBGPU", "no");
    await expect(absenceOfEngine("native", absent)).rejects.toThrow("There is no binding.");
    expect(await absenceOfEngine("webgpu", absent)).toBe("There is no binding.");
    vi.stubEnv("BRUSHWORK_EXPECT_WEBGPU", "yes");
    await expect(absenceOfEngine("webgpu", absent)).rejects.toThrow("There is no binding.");
  });
});
