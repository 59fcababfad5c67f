import { afterEach, describe, expect, it, vi } from "vitest";
import { absenceOfNative } from "./absence-of-native.js";

describe("absenceOfNative", () => {
  afterEach(() => vi.unstubAllEnvs());

  const absent = async () => {
    throw new Error("There is no binding.");
  };

  it("is nothing where the engine loads", async () => {
    expect(await absenceOfNative(async () => "loaded")).toBeUndefined();
  });

  it("is the reason where it does not and need not", async () => {
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", "no");
    expect(await absenceOfNative(absent)).toBe("There is no binding.");
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", undefined);
    expect(await absenceOfNative(absent)).toBe("There is no binding.");
  });

  it("is an error where it must load", async () => {
    vi.stubEnv("BRUSHWORK_EXPECT_NATIVE", "yes");
    await expect(absenceOfNative(absent)).rejects.toThrow("There is no binding.");
  });
});
