import { NoRoom } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { errorOf, failureOf } from "./protocol.js";

describe("an error that crosses", () => {
  it.each([new TypeError("a"), new RangeError("b"), new Error("c")])("stays what it is: %s", (error) => {
    const crossed = errorOf(structuredClone(failureOf(error)));
    expect(crossed).toEqual(error);
    expect(crossed.constructor).toBe(error.constructor);
  });

  it("keeps the largest size for which there is room", () => {
    const crossed = errorOf(
      structuredClone(failureOf(new NoRoom("too large", { engine: "webgl", longest: 640 }))),
    );
    expect(crossed).toBeInstanceOf(NoRoom);
    expect(crossed).toMatchObject({ message: "too large", longest: 640 });
  });

  it("keeps the name of a class that is not known", () => {
    const crossed = errorOf(failureOf(new DOMException("full", "QuotaExceededError")));
    expect(crossed).toBeInstanceOf(Error);
    expect([crossed.name, crossed.message]).toEqual(["QuotaExceededError", "full"]);
  });

  it("is made of whatever was thrown", () => {
    expect(failureOf("a word")).toEqual({ name: "Error", message: "a word" });
  });
});
