import { afterEach, describe, expect, it } from "vitest";
import { change, isUsualWork, settings } from "./current.js";
import { usualSettings } from "./settings.js";

describe("isUsualWork", () => {
  afterEach(() => {
    settings.value = usualSettings;
  });

  it("is what the page opens with, and less", () => {
    expect(isUsualWork.value).toBe(true);
    change({ size: 64, steps: 3 });
    expect(isUsualWork.value).toBe(true);
  });

  it.each([{ steps: 96 }, { size: 1024 }, { network: "vgg19" }, { engine: "wasm", size: 544 }] as const)(
    "is no run with %o",
    (more) => {
      change(more);
      expect(isUsualWork.value).toBe(false);
    },
  );
});
