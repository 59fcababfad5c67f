import { describe, expect, it } from "vitest";
import { hashOf, parseHash } from "./link.js";
import { usualSettings } from "./settings.js";

const names = { photograph: ["cat", "coffee"], painting: ["church"] };

describe("a link", () => {
  it("carries what differs from the usual settings, and brings it back", () => {
    const settings = {
      ...usualSettings,
      preset: "paper",
      balance: -40,
      size: 640,
      colors: "luma",
      colorStrength: 40,
      untilStable: "yes",
    } as const;
    const hash = hashOf({ settings, losses: [], photograph: "coffee" });
    expect(hash).toBe(
      "photograph=coffee&preset=paper&balance=-40&size=640&colors=luma&colorStrength=40&untilStable=yes",
    );
    expect(parseHash(`#${hash}`, names)).toEqual({ settings, losses: [], photograph: "coffee" });
  });

  it("carries losses with their weights and options", () => {
    const losses = [
      { loss: "style", weight: 100, options: { reduction: "relative", layers: ["relu1_1"] } },
      { loss: "brushwork-loss-foo", weight: 0.001, options: {} },
    ];
    const hash = hashOf({ settings: usualSettings, losses });
    expect(new URLSearchParams(hash).get("losses")).toBe(
      '[{"loss":"style","weight":100,"options":{"reduction":"relative","layers":["relu1_1"]}},' +
        '{"loss":"brushwork-loss-foo","weight":0.001,"options":{}}]',
    );
    expect(parseHash(`#${hash}`, names)).toEqual({ settings: usualSettings, losses });
  });

  it("gives the usual settings where it carries none", () => {
    expect(hashOf({ settings: usualSettings, losses: [] })).toBe("");
    expect(parseHash("", names)).toEqual({ settings: usualSettings, losses: [] });
  });

  it.each([
    ["#steps=0", "steps"],
    ["#steps=1e3", "1e3"],
    ["#steps=NaN", "NaN"],
    ["#steps=", "steps"],
    ["#balance=-101", "from -100 to 100"],
    ["#size=512&size=64", "twice"],
    ["#network=vgg16", "compact, vgg19"],
    ["#colors=red", "painting, luma, match"],
    ["#painting=cat", "church"],
    ["#__proto__=1", "__proto__"],
    ["#constructor=1", "constructor"],
    [`#engine=${"x".repeat(5000)}`, "…"],
    ["#losses=", "losses"],
    ["#losses=style", "losses"],
    ['#losses={"loss":"style","weight":1,"options":{}}', "losses"],
    ["#losses=[null]", "losses"],
    ['#losses=[{"loss":1,"weight":1,"options":{}}]', "losses"],
    ['#losses=[{"loss":"style","weight":1}]', "losses"],
    ['#losses=[{"loss":"style","weight":1,"options":[]}]', "losses"],
    ['#losses=[{"loss":"style","weight":1,"options":{},"__proto__":{}}]', "losses"],
    ['#losses=[{"loss":"style","weight":0,"options":{}}]', "from 0.001 to 1000000"],
    ['#losses=[{"loss":"style","weight":1e7,"options":{}}]', "10000000"],
    ['#losses=[{"loss":"style","weight":"1","options":{}}]', "weight"],
    [`#losses=[${Array(2).fill('{"loss":"style","weight":1,"options":{}}')}]`, "losses"],
    [
      `#losses=[${Array.from({ length: 17 }, (_, i) => `{"loss":"${i}","weight":1,"options":{}}`)}]`,
      "losses",
    ],
    [`#losses=${"[".repeat(4000)}${"]".repeat(4000)}`, "losses"],
  ])("is refused as %s, in a short sentence", (hash, words) => {
    expect(() => parseHash(hash, names)).toThrow(RangeError);
    expect(() => parseHash(hash, names)).toThrow(words);
    expect(() => parseHash(hash, names)).toThrow(/^Expected .{1,150}$/);
  });
});
