import { layerOptions } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { firstOptions, optionsOf, readJson, withOption } from "./loss-options.js";

const schema = {
  type: "object",
  properties: {
    ...layerOptions(["relu1_1", "relu2_1"]),
    reduction: { title: "Reduction", description: "How.", enum: ["mean", "sum", 2], default: "mean" },
    share: { title: "Share", type: "number", minimum: 0, maximum: 1, default: 0.5 },
    rate: { type: "number", exclusiveMinimum: 0 },
    count: { type: "integer", exclusiveMinimum: 0, maximum: 9, multipleOf: 3 },
    rounds: { type: "integer", minimum: 1 },
    exact: { title: "Exact", type: "boolean", default: false },
    note: { type: "string" },
    colours: { type: "array", items: { type: "string" } },
    either: { type: ["number", "null"] },
    anything: true,
  },
  required: ["share", "rate"],
};

describe("the options of a loss", () => {
  it("are each set with what their schema asks for", () => {
    expect(optionsOf(schema).map(({ name, control }) => [name, control])).toEqual([
      ["layers", { kind: "layers" }],
      ["layerWeights", { kind: "json" }],
      ["reduction", { kind: "choice", values: ["mean", "sum", 2] }],
      ["share", { kind: "number", step: "any", min: 0, max: 1 }],
      ["rate", { kind: "number", step: "any", min: 0 }],
      ["count", { kind: "number", step: 3, min: 1, max: 9 }],
      ["rounds", { kind: "number", step: 1, min: 1 }],
      ["exact", { kind: "switch" }],
      ["note", { kind: "text" }],
      ["colours", { kind: "json" }],
      ["either", { kind: "json" }],
      ["anything", { kind: "json" }],
    ]);
  });

  it("have the schema's words and defaults, or else their names", () => {
    const [layers, , reduction, , rate] = optionsOf(schema);
    expect(layers).toMatchObject({ title: "Layers", usual: ["relu1_1", "relu2_1"] });
    expect(reduction).toMatchObject({ title: "Reduction", hint: "How.", usual: "mean" });
    expect(rate).toEqual({ name: "rate", title: "rate", control: expect.anything() });
  });

  it("may be none", () => {
    expect(optionsOf({})).toEqual([]);
    expect(firstOptions({ type: "object" })).toEqual({});
  });

  it("are chosen where they differ from their defaults", () => {
    const sum = withOption(schema, {}, "reduction", "sum");
    expect(sum).toEqual({ reduction: "sum" });
    expect(withOption(schema, sum, "layers", ["relu1_1"])).toEqual({ reduction: "sum", layers: ["relu1_1"] });
    expect(withOption(schema, sum, "layers", ["relu1_1", "relu2_1"])).toEqual(sum);
    expect(withOption(schema, sum, "reduction", "mean")).toEqual({});
    expect(withOption(schema, sum, "reduction", undefined)).toEqual({});
    expect(withOption(schema, { exact: true }, "exact", false)).toEqual({});
    expect(withOption(schema, { note: "a" }, "note", undefined)).toEqual({});
  });

  it("are chosen as well where the loss does not go without", () => {
    expect(firstOptions(schema)).toEqual({ share: 0.5 });
    expect(withOption(schema, { share: 0.2 }, "share", undefined)).toEqual({ share: 0.5 });
  });
});

it.each([
  ['{"relu1_1": 2}', { relu1_1: 2 }],
  ["null", null],
  ["{relu1_1: 2}", "{relu1_1: 2}"],
  [" ", undefined],
])("a field of JSON with %s", (text, value) => {
  expect(readJson(text)).toEqual(value);
});
