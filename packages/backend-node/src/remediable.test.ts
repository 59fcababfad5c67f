import { OptionError } from "@brushwork/core";
import type { Remedy } from "@brushwork/runs";
import { describe, expect, it } from "vitest";
import { lackOf, Remediable } from "./remediable.js";

const remedies: readonly (readonly [Remedy, string])[] = [
  [
    { kind: "install engine", engine: "native" },
    'Install it with `installEngine("native")`, or use another engine.',
  ],
  [
    { kind: "install engine", engine: "cuda", instead: "webgpu" },
    'Install it with `installEngine("cuda")`, or use the engine webgpu, which needs no more than the driver.',
  ],
  [{ kind: "start anew", engine: "native" }, "Start the engine native by name, in a new process."],
  [{ kind: "inspect engine", engine: "cuda" }, '`engineReport("cuda")` says what is missing.'],
  [
    { kind: "name a TensorFlow" },
    "Pass the folder of a TensorFlow on this machine as `libtensorflow`, or use another engine.",
  ],
  [
    { kind: "pull weights", network: "vgg19", half: false, again: false },
    'Get them with `weightStore().pull("vgg19")`.',
  ],
  [
    { kind: "pull weights", network: "vgg19", half: true, again: true },
    'Get them again with `weightStore().pull("vgg19", { half: true })`.',
  ],
];

describe("an error with a remedy", () => {
  it.each(remedies)("says it in this package's words: %j", (remedy, text) => {
    const error = new Remediable("There is none.", remedy);
    expect(error.message).toBe(`There is none. ${text}`);
    expect(lackOf(error)).toEqual({ reason: "There is none.", remedy });
  });

  it("keeps its cause", () => {
    const cause = new Error("why");
    expect(new Remediable("There is none.", { kind: "name a TensorFlow" }, { cause }).cause).toBe(cause);
  });

  it("is one of several: others say it in their message", () => {
    expect(lackOf(new OptionError("Expected more."))).toEqual({ reason: "Expected more." });
  });
});
