import { describe, expect, it } from "vitest";
import { hashOf, parseHash } from "./link.js";
import { usualSettings } from "./settings.js";

const names = { photograph: ["cat", "coffee"], painting: ["church"] };

describe("a link", () => {
  it("carries what differs from the usual settings, and brings it back", () => {
    const settings = { ...usualSettings, preset: "paper", balance: -40, size: 640 } as const;
    const hash = hashOf({ settings, photograph: "coffee" });
    expect(hash).toBe("photograph=coffee&preset=paper&balance=-40&size=640");
    expect(parseHash(`#${hash}`, names)).toEqual({ settings, photograph: "coffee" });
  });

  it("gives the usual settings where it carries none", () => {
    expect(hashOf({ settings: usualSettings })).toBe("");
    expect(parseHash("", names)).toEqual({ settings: usualSettings });
  });

  it.each([
    ["#steps=0", "steps"],
    ["#steps=1e3", "1e3"],
    ["#steps=NaN", "NaN"],
    ["#steps=", "steps"],
    ["#balance=-101", "from -100 to 100"],
    ["#size=512&size=64", "twice"],
    ["#network=vgg16", "compact, vgg19"],
    ["#painting=cat", "church"],
    ["#__proto__=1", "__proto__"],
    ["#constructor=1", "constructor"],
    [`#engine=${"x".repeat(5000)}`, "…"],
  ])("is refused as %s, in a short sentence", (hash, words) => {
    expect(() => parseHash(hash, names)).toThrow(RangeError);
    expect(() => parseHash(hash, names)).toThrow(words);
    expect(() => parseHash(hash, names)).toThrow(/^Expected .{1,150}$/);
  });
});
