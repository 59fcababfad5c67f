import { expect, it } from "vitest";
import { outcomeOf, pictureOf } from "./command.fixture.js";

const pictures = [pictureOf("photo.png"), pictureOf("strokes.png")];

const cases: readonly (readonly [
  what: string,
  exitCode: number,
  message: string,
  words: readonly string[],
])[] = [
  ["nothing", 2, "CONTENT and STYLE", ["--json"]],
  ["no style", 2, "STYLE is missing", ["photo.png", "--json"]],
  ["a size that is none", 2, '"abc"', [...pictures, "--json", "--size", "abc"]],
  ["a size that is none, before", 2, '"abc"', [...pictures, "--size", "abc", "--json"]],
  ["an unknown option", 2, "--sizes", [...pictures, "--json", "--sizes", "64"]],
  ["an option without its value", 2, "--size", [...pictures, "--json", "--size"]],
  ["--json and --quiet", 2, "got both", [...pictures, "--json", "--quiet"]],
  ["a recipe that is not there", 1, "nothing.json", [...pictures, "--json", "--recipe", "nothing.json"]],
  ["two weights for one style", 2, "--style-blend", [...pictures, "--json", "--style-blend", "1,2"]],
  ["a picture that is not there", 1, "nothing.png", ["nothing.png", "nothing.jpg", "--json"]],
  ["reconstruct without a picture", 2, "IMAGE", ["reconstruct", "--json"]],
  ["reconstruct", 2, '"-1"', ["reconstruct", "photo.png", "--json", "--tv-weight", "-1"]],
  ["texture", 2, "--content-weight", ["texture", "photo.png", "--json", "--content-weight", "1"]],
  [
    "texture of nothing there",
    1,
    "nothing.png",
    ["texture", "nothing.png", "--json", "-o", "texture-of-nothing.png"],
  ],
  ["losses", 2, "./nothing.js", ["losses", "./nothing.js", "--json"]],
  ["losses with an option of others", 2, "--size", ["losses", "--json", "--size", "3"]],
  ["doctor", 2, "--size", ["doctor", "--json", "--size"]],
  ["weights pull", 2, "vgg99", ["weights", "pull", "vgg99", "--json"]],
  ["weights pull of nothing", 2, "NETWORK", ["weights", "pull", "--json"]],
  ["engines install", 2, "abacus", ["engines", "install", "abacus", "--json"]],
  ["engines install of nothing", 2, "ENGINE", ["engines", "install", "--json"]],
  ["a command that prints no JSON", 2, "--json", ["engines", "remove", "webgpu", "--json"]],
  ["help of nothing there", 2, "wieghts", ["help", "wieghts", "--json"]],
  ["a flag of neural-style", 2, "--style-weight", [...pictures, "-style_weight", "100", "--json"]],
];

it.each(cases)("under --json, a failure is one event: %s", async (_, exitCode, message, words) => {
  const { code, stdout, stderr } = await outcomeOf(words);
  expect(code).toBe(exitCode);
  expect(stdout).toMatch(/^[^\n]+\n$/);
  const event = JSON.parse(stdout);
  expect(event).toEqual({ event: "error", message: expect.stringContaining(message), exitCode });
  expect(stderr).toBe(`brushwork: ${event.message}\n`);
});

it.each([["-o", "-"], ["-o-"], ["--output", "-"], ["--output=-"]])(
  "the event goes to the standard error where the picture goes to the standard output: %s %s",
  async (...output) => {
    const { code, stdout, stderr } = await outcomeOf([...pictures, "--json", "--size", "abc", ...output]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr)).toMatchObject({ event: "error", exitCode: 2 });
  },
);

it("says it in a sentence alone without --json", async () => {
  const { code, stdout, stderr } = await outcomeOf([...pictures, "--size", "abc"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^brushwork: Expected --size to be [^\n]+ got "abc"\.\n$/);
});

it("takes what stands behind -- for a name", async () => {
  const { code, stdout } = await outcomeOf(["nothing.png", "--", "--json"]);
  expect([code, stdout]).toEqual([1, ""]);
});
