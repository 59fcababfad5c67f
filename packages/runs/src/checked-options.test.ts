import { type Json, type JsonSchema, OptionError } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { checkOptions, expectation } from "./checked-options.js";

type Options = { readonly [name: string]: Json };

/** A schema of options with a single one, x. */
const ofX = (x: JsonSchema): JsonSchema => ({
  type: "object",
  properties: { x },
  additionalProperties: false,
});

function sentenceOn(schema: JsonSchema, options: Options): string | undefined {
  try {
    checkOptions('the loss "foo"', schema, options);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
}

describe("options that fit their schema", () => {
  it.each<[JsonSchema, Options]>([
    [ofX({ type: "number", minimum: 0, exclusiveMaximum: 1 }), { x: 0 }],
    [ofX({ type: "number", exclusiveMinimum: 0, maximum: 1 }), { x: 1 }],
    [ofX({ type: "integer" }), { x: -3 }],
    [ofX({ enum: ["mean", "sum", null] }), { x: null }],
    [ofX({ type: "string", pattern: "^relu" }), { x: "relu1_1" }],
    [ofX({ type: "array", items: { type: "string", format: "layer" } }), { x: ["anything"] }],
    [ofX({ oneOf: [{ type: "number" }, { type: "string" }] }), { x: "a" }],
    [
      { type: "object", required: ["x"] },
      { x: null, y: [] },
    ],
    [{}, { "": 1, "a/b~c": [{}], "100 %": 2 }],
  ])("pass: %o with %o", (schema, options) => {
    expect(sentenceOn(schema, options)).toBeUndefined();
  });

  it("may all be left out", () => {
    expect(sentenceOn(ofX({ type: "number" }), {})).toBeUndefined();
  });

  it("leave a schema as it was, which may be frozen or used twice", () => {
    const x = Object.freeze({ type: "number" });
    const schema = Object.freeze({ type: "object", properties: Object.freeze({ x, y: x }) });
    expect(sentenceOn(schema, { x: 1 })).toBeUndefined();
    expect(sentenceOn(schema, { y: "1" })).toBe(
      'Expected the option "y" of the loss "foo" to be a number, got "1".',
    );
    expect(Object.getOwnPropertyNames(schema)).toEqual(["type", "properties"]);
  });
});

describe("an option that does not fit", () => {
  it.each<[x: JsonSchema, value: Json, expected: string]>([
    [{ type: "number" }, "1", 'a number, got "1"'],
    [{ type: "number" }, null, "a number, got null"],
    [{ type: "boolean" }, 1, "true or false, got 1"],
    [{ type: "string" }, ["a"], 'a text, got ["a"]'],
    [{ type: "array" }, { a: 1 }, 'a list, got {"a":1}'],
    [{ type: "array", minItems: 2 }, [1], "a list of 2 or more, got [1]"],
    [{ type: "object" }, [], "an object, got []"],
    [{ type: "null" }, 1, "null, got 1"],
    [{ type: ["number", "null"], minimum: 2 }, "a", 'a number of at least 2 or null, got "a"'],
    [{ enum: ["mean", "sum"] }, "median", 'one of mean, sum, got "median"'],
    [{ enum: [1, null, "a"] }, 2, "one of 1, null, a, got 2"],
    [{ const: "x" }, "y", 'x, got "y"'],
    [{ const: null }, 0, "null, got 0"],
  ])("has the wrong kind: %o", (x, value, expected) => {
    expect(sentenceOn(ofX(x), { x: value })).toBe(
      `Expected the option "x" of the loss "foo" to be ${expected}.`,
    );
  });

  it.each<[range: JsonSchema, value: number, expected: string]>([
    [{ minimum: 0 }, -1, "a number of at least 0, got -1"],
    [{ maximum: 1 }, 1.5, "a number of at most 1, got 1.5"],
    [{ exclusiveMinimum: 0 }, 0, "a number above 0, got 0"],
    [{ exclusiveMaximum: 1 }, 1, "a number less than 1, got 1"],
    [{ minimum: 0, maximum: 1 }, 2, "a number from 0 to 1, got 2"],
    [{ minimum: 0, exclusiveMaximum: 1 }, 1, "a number from 0 to less than 1, got 1"],
    [{ exclusiveMinimum: 0, maximum: 1 }, 0, "a number above 0 to 1, got 0"],
    [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, 1, "a number above 0 to less than 1, got 1"],
    [{ type: "integer" }, 1.5, "a whole number, got 1.5"],
    [{ type: "integer", minimum: 1 }, 0, "a whole number of at least 1, got 0"],
    [{ type: "integer", minimum: 1, maximum: 3 }, 2.5, "a whole number from 1 to 3, got 2.5"],
  ])("is out of its range: %o", (range, value, expected) => {
    const sentence = `Expected the option "x" of the loss "foo" to be ${expected}.`;
    expect(sentenceOn(ofX({ type: "number", ...range }), { x: value })).toBe(sentence);
    // Whatever has a range is a number, even if the schema does not say so.
    if (range.type === undefined) expect(sentenceOn(ofX(range), { x: value })).toBe(sentence);
  });

  it.each<[x: JsonSchema, value: Json, expected: string]>([
    [{ type: "string", pattern: "^relu" }, "pool1", 'be a text like ^relu, got "pool1"'],
    [{ pattern: "^relu" }, "pool1", 'be a text like ^relu, got "pool1"'],
    [{ type: "string", minLength: 1 }, "", 'be a text that is not empty, got ""'],
    [{ type: "string", maxLength: 2 }, "abc", 'be a text of 0 to 2 characters, got "abc"'],
    [{ type: "string", format: "date" }, "today", 'fit {"format":"date"}, got "today"'],
    [{ type: "number", multipleOf: 0.5 }, 0.75, 'fit {"multipleOf":0.5}, got 0.75'],
    [{ type: "array", maxItems: 1 }, [1, 2], "be a list of 0 to 1, got [1,2]"],
    [{ type: "array", uniqueItems: true }, [1, 1], "have each entry once, got [1,1]"],
    [
      { type: "string", enum: ["a"] },
      "x\u001b]0;owned\u0007",
      String.raw`be one of a, got "x\u001b]0;owned\u0007"`,
    ],
    [{ type: "number" }, ["\u009b2J"], String.raw`be a number, got ["\u009b2J"]`],
    [{ type: "object", minProperties: 1 }, {}, 'fit {"minProperties":1}, got {}'],
    [
      { type: "object", propertyNames: { pattern: "^r" } },
      { a: 1 },
      'fit {"propertyNames":{"pattern":"^r"}}, got {"a":1}',
    ],
    [{ type: "array", contains: { type: "number" } }, ["a"], 'fit {"contains":{"type":"number"}}, got ["a"]'],
    [{ type: "string", not: { const: "image" } }, "image", 'fit {"not":{"const":"image"}}, got "image"'],
    [
      { oneOf: [{ type: "number" }, { type: "string" }] },
      true,
      'fit {"oneOf":[{"type":"number"},{"type":"string"}]}, got true',
    ],
    [{ oneOf: [{ minimum: 0 }, { maximum: 9 }] }, 5, 'fit {"oneOf":[{"minimum":0},{"maximum":9}]}, got 5'],
    [{ anyOf: [{ const: 1 }, { const: 2 }] }, 3, 'fit {"anyOf":[{"const":1},{"const":2}]}, got 3'],
    [{ allOf: [{ type: "number" }, { minimum: 2 }] }, 1, "be a number of at least 2, got 1"],
  ])("is refused with the keyword that it does not fit: %o", (x, value, expected) => {
    expect(sentenceOn(ofX(x), { x: value })).toBe(
      `Expected the option "x" of the loss "foo" to ${expected}.`,
    );
  });

  it.each<[x: JsonSchema, value: Json, expected: string]>([
    [
      { type: "array", items: { type: "string" } },
      ["relu1_1", 2],
      'the option "x[1]" of the loss "foo" to be a text, got 2',
    ],
    [
      { type: "object", additionalProperties: { type: "number", minimum: 0 } },
      { relu4_2: -1 },
      'the option "x.relu4_2" of the loss "foo" to be a number of at least 0, got -1',
    ],
    [
      { type: "array", items: { type: "object", properties: { layer: { type: "string" } } } },
      [{}, {}, { layer: 4 }],
      'the option "x[2].layer" of the loss "foo" to be a text, got 4',
    ],
    [
      { type: "array", prefixItems: [{ type: "number" }, { type: "string" }] },
      [1, 2],
      'the option "x[1]" of the loss "foo" to be a text, got 2',
    ],
    [
      { type: "object", patternProperties: { "^a/": { type: "number" } } },
      { "a/b ~#%41ü": "1" },
      'the option "x.a/b ~#%41ü" of the loss "foo" to be a number, got "1"',
    ],
  ])("is named by its path: %o", (x, value, expected) => {
    expect(sentenceOn(ofX(x), { x: value })).toBe(`Expected ${expected}.`);
  });

  it("is described by the definition that its schema refers to", () => {
    const schema = {
      $defs: { share: { type: "number", minimum: 0, maximum: 1 } },
      properties: { x: { $ref: "#/$defs/share" }, all: { items: { $ref: "#/$defs/share" } } },
    };
    expect(sentenceOn(schema, { x: 2 })).toBe(
      'Expected the option "x" of the loss "foo" to be a number from 0 to 1, got 2.',
    );
    expect(sentenceOn(schema, { all: [0, "1"] })).toBe(
      'Expected the option "all[1]" of the loss "foo" to be a number from 0 to 1, got "1".',
    );
  });

  it("depends on another, by a condition", () => {
    const schema = {
      if: { properties: { mode: { const: "fixed" } }, required: ["mode"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ["x"] },
      else: { properties: { x: { maximum: 1 } } },
    };
    expect(sentenceOn(schema, { mode: "fixed", x: 2 })).toBeUndefined();
    expect(sentenceOn(schema, { mode: "fixed" })).toBe(
      'Expected the option "x" of the loss "foo", got nothing.',
    );
    expect(sentenceOn(schema, { x: 2 })).toBe(
      'Expected the option "x" of the loss "foo" to be a number of at most 1, got 2.',
    );
  });
});

describe("an option that is missing", () => {
  it("is named, with its path", () => {
    const schema = {
      required: ["x", "y"],
      properties: { y: { type: "object", required: ["z"] } },
    };
    expect(sentenceOn(schema, { x: 1 })).toBe('Expected the option "y" of the loss "foo", got nothing.');
    expect(sentenceOn(schema, { x: 1, y: {} })).toBe(
      'Expected the option "y.z" of the loss "foo", got nothing.',
    );
  });

  it("is missing even if every object inherits something of its name", () => {
    expect(sentenceOn({ required: ["toString"] }, {})).toBe(
      'Expected the option "toString" of the loss "foo", got nothing.',
    );
  });
});

describe("an unknown option", () => {
  it("is named, with those that exist", () => {
    const schema = { properties: { x: {}, y: {} }, additionalProperties: false };
    expect(sentenceOn(schema, { x: 1, z: 2 })).toBe(
      'Expected the options of the loss "foo" to be among x, y, got "z".',
    );
    expect(sentenceOn({ properties: { x: {} }, unevaluatedProperties: false }, { z: 2 })).toBe(
      'Expected the options of the loss "foo" to be among x, got "z".',
    );
    expect(sentenceOn(schema, JSON.parse('{"__proto__":2}'))).toBe(
      'Expected the options of the loss "foo" to be among x, y, got "__proto__".',
    );
  });

  it("inside another is named, with those that exist there", () => {
    const schema = ofX({ type: "object", properties: { a: {}, b: {} }, additionalProperties: false });
    expect(sentenceOn(schema, { x: { a: 1, c: 2 } })).toBe(
      'Expected the names in the option "x" of the loss "foo" to be among a, b, got "c".',
    );
  });

  it.each<[JsonSchema, Options, string]>([
    [{ additionalProperties: false }, { z: 2 }, 'the option "z" of the loss "foo" to be left out, got 2'],
    [{ properties: { z: false } }, { z: 2 }, 'the option "z" of the loss "foo" to be left out, got 2'],
    [
      ofX({ prefixItems: [{}], items: false }),
      { x: [1, 2] },
      'the option "x[1]" of the loss "foo" to be left out, got 2',
    ],
  ])("has to be left out where no option exists: %o", (schema, options, expected) => {
    expect(sentenceOn(schema, options)).toBe(`Expected ${expected}.`);
  });
});

describe("options that do not fit as a whole", () => {
  it.each<[JsonSchema, Options, string]>([
    [{ minProperties: 1 }, {}, 'fit {"minProperties":1}, got {}'],
    [
      { anyOf: [{ required: ["x"] }, { required: ["y"] }] },
      { z: 1 },
      'fit {"anyOf":[{"required":["x"]},{"required":["y"]}]}, got {"z":1}',
    ],
    [{ dependentRequired: { x: ["y"] } }, { x: 1 }, 'fit {"dependentRequired":{"x":["y"]}}, got {"x":1}'],
    [{ type: "array" }, {}, "be a list, got {}"],
  ])("are refused with what they do not fit: %o", (schema, options, expected) => {
    expect(sentenceOn(schema, options)).toBe(`Expected the options of the loss "foo" to ${expected}.`);
  });
});

describe("hostile options", () => {
  it("give a short message however long they are", () => {
    const long = "n".repeat(100_000);
    for (const [schema, options] of [
      [ofX({ type: "number" }), { x: long }],
      [ofX({ type: "number" }), { [long]: 1 }],
      [{ additionalProperties: { type: "number" } }, { [long]: long }],
    ] as const)
      expect(sentenceOn(schema, options)?.length).toBeLessThan(250);
  });

  it("give a clear message where their names are not valid Unicode", () => {
    expect(sentenceOn(ofX({ type: "number" }), { "\ud800": 1 })).toBe(
      'Expected the names in the options of the loss "foo" to be Unicode, got others.',
    );
  });
});

describe("an invalid schema", () => {
  it.each<[JsonSchema]>([
    [{ required: 3 }],
    [{ properties: { x: { pattern: "(" } } }],
    [{ properties: { x: { $ref: "#/$defs/nothing" } } }],
    [null as unknown as JsonSchema],
    [undefined as unknown as JsonSchema],
  ])("is not the fault of the options: %o", (schema) => {
    const check = () => checkOptions('the loss "foo"', schema, { x: "a" });
    expect(check).toThrow();
    expect(check).not.toThrow(OptionError);
  });
});

it("what a schema expects is put into words", () => {
  expect(expectation({ type: "number", minimum: 0, exclusiveMaximum: 1 })).toBe(
    "a number from 0 to less than 1",
  );
  expect(expectation({ enum: ["mean", "sum"], description: "What sums are divided by." })).toBe(
    "one of mean, sum",
  );
  expect(expectation(undefined)).toBe("something else");
});
