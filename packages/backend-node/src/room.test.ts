import type { Engine } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { runOf } from "./room.fixture.js";
import { checkRoom, NoRoom, roomiest } from "./room.js";

function refusalOf(engine: Partial<Engine>): NoRoom {
  try {
    checkRoom(runOf(engine, 64));
  } catch (error) {
    if (error instanceof NoRoom) return error;
  }
  throw new Error("Expected a refusal.");
}

describe("checkRoom", () => {
  it("lets what fits through", () => {
    // 64² kilobytes in one tensor; twelve images of 12 bytes a pixel beside it.
    expect(() =>
      checkRoom(runOf({ largestTensorBytes: 64 ** 2 * 1024, memoryBytes: 64 ** 2 * (1024 + 144) }, 64)),
    ).not.toThrow();
  });

  it("refuses a tensor, or all of them, that the engine cannot hold", () => {
    // A tensor of 32² kilobytes can be.
    expect(refusalOf({ largestTensorBytes: 2 ** 20 }).message).toMatch(
      /^Expected a size that fits the engine abacus, got 64×64, .* at most 3[12] pixels/,
    );
    expect(refusalOf({ memoryBytes: 2 ** 20 })).toBeInstanceOf(RangeError);
  });

  it("leaves other mistakes to whoever plans the run", () => {
    expect(() => checkRoom({ ...runOf({ memoryBytes: 1 }, 64), terms: [] })).not.toThrow();
  });
});

describe("roomiest", () => {
  it("is the engine that paints the largest, whether its memory or its tensors are the limit", () => {
    const muchMemory = refusalOf({ name: "much memory", largestTensorBytes: 2 ** 18 });
    const largeTensors = refusalOf({ name: "large tensors", memoryBytes: 2 ** 20 });
    expect(roomiest([muchMemory, largeTensors])).toBe(largeTensors);
    expect(roomiest([largeTensors, muchMemory])).toBe(largeTensors);
  });
});
