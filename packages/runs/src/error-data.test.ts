import { DeviceLost, Diverged, NoRoom, OptionError, PluginError } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { dataOf, errorOf } from "./error-data.js";

const crossed = (error: unknown) => errorOf(structuredClone(dataOf(error)));

describe("an error that crosses", () => {
  it.each([
    new Error("a"),
    new TypeError("b"),
    new RangeError("c"),
    new OptionError("d"),
    new NoRoom("too large", { engine: "webgl", longest: 640 }),
    new NoRoom("too large a style", {
      engine: "wasm",
      longest: 300,
      size: [300, 200],
      styleScale: 2.5,
      problem: "too large",
    }),
    new DeviceLost("gone", "webgpu"),
    new Diverged({ step: 7, term: "tv", value: Number.POSITIVE_INFINITY }),
    new Diverged({ step: 7, value: Number.NaN }),
    new PluginError("brushwork-loss-foo", "failed: x is not a function"),
  ])("stays what it is: %s", (error) => {
    const { message, ...fields } = error;
    expect(crossed(error).constructor).toBe(error.constructor);
    expect(crossed(error).message).toBe(message);
    expect({ ...crossed(error) }).toEqual(fields);
  });

  it("keeps the largest size for which there is room", () => {
    expect(crossed(new NoRoom("too large", { engine: "webgl", longest: 640 }))).toMatchObject({
      message: "too large",
      engine: "webgl",
      longest: 640,
    });
  });

  it("keeps the name of a class that is not known", () => {
    const error = crossed(new DOMException("full", "QuotaExceededError"));
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message]).toEqual(["QuotaExceededError", "full"]);
  });

  it("is made of whatever was thrown", () => {
    expect(dataOf("a word")).toEqual({ name: "Error", message: "a word" });
  });
});
