import { expect, it } from "vitest";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import {
  checkNames,
  checkOptions,
  choiceOf,
  either,
  kinds,
  objectWith,
  wholeNumber,
} from "./checked-options.js";
import { OptionError } from "./errors.js";

interface Options {
  readonly size: number;
  readonly styleScale?: number;
  readonly layers?: readonly string[];
  readonly fit?: "cover" | "contain";
  readonly style?: string | readonly number[];
  readonly signal?: AbortSignal;
}

const known = {
  size: wholeNumber(1),
  styleScale: kinds.number,
  layers: kinds.texts,
  fit: choiceOf("cover", "contain"),
  style: either(kinds.text, kinds.numbers),
  signal: objectWith("an AbortSignal", "aborted"),
};
const check = (options: unknown) => () => checkOptions("paint", options as Options, known, ["size"]);

it.each([
  [{ size: 1 }],
  [{ size: 1, styleScale: undefined }],
  [{ size: 1, styleScale: 0.5, layers: [], fit: "cover", style: "a", signal: new AbortController().signal }],
  [{ size: 1, style: [1, 2] }],
])("%j is accepted", (options) => {
  expect(check(options)).not.toThrow();
});

it.each<readonly [unknown, string]>([
  [undefined, "Expected the options of paint to be an object, got nothing."],
  [5, "Expected the options of paint to be an object, got 5."],
  [[1], "Expected the options of paint to be an object, got [1]."],
  [
    { size: 1, stylescale: 2 },
    'Expected a known option of paint, got "stylescale"; did you mean styleScale?',
  ],
  [
    { size: 1, lr: 2 },
    'Expected a known option of paint, got "lr"; there are size, styleScale, layers, fit, style, signal.',
  ],
  [{}, "Expected the option size of paint to be a whole number of at least 1, got nothing."],
  [{ size: "64" }, 'Expected the option size of paint to be a whole number of at least 1, got "64".'],
  [{ size: 1, styleScale: "2" }, 'Expected the option styleScale of paint to be a number, got "2".'],
  [
    { size: 1, layers: "relu4_2" },
    'Expected the option layers of paint to be a list of texts, got "relu4_2".',
  ],
  [{ size: 1, layers: [4] }, "Expected the option layers of paint to be a list of texts, got [4]."],
  [{ size: 1, fit: "crop" }, 'Expected the option fit of paint to be one of cover, contain, got "crop".'],
  [{ size: 1, style: 5 }, "Expected the option style of paint to be a text or a list of numbers, got 5."],
  [
    { size: 1, signal: new AbortController() },
    "Expected the option signal of paint to be an AbortSignal, got an object.",
  ],
])("%j is refused", (options, message) => {
  expect(check(options)).toThrow(new OptionError(message));
});

it("names from outside are made harmless", () => {
  expect(() => checkNames("a name", ["\u001b[2J"], ["a"])).toThrow(
    new OptionError(String.raw`Expected a name, got "\u001b[2J"; there are a.`),
  );
});

it("a function is no optimizer", () => {
  expect(() => averaged(adam as never)).toThrow(
    new OptionError("Expected what is averaged to be an optimizer, such as adam(), got a function."),
  );
});
