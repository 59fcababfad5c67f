import { expect, it } from "vitest";
import { pictureOf } from "../command.fixture.js";
import { checkMeant, manyContentsText } from "./meant-inputs.js";

const [photo, strokes] = [pictureOf("photo.png"), pictureOf("strokes.png")];
const commands = ["weights", "presets"];

it.each([
  [["weigths", "pull", "vgg19"], 'There is no picture weigths. Did you mean "brushwork weights pull vgg19"?'],
  [[photo, strokes, "out.png"], "There is no picture out.png. To write the painting there, use -o out.png."],
])("%j", (pictures, sentence) => {
  expect(() => checkMeant(pictures, { commands, hasOutput: false })).toThrow(sentence);
});

it.each([
  ["a picture without a suffix that is nearly a command's name", ["./weigths", strokes], false],
  ["a missing style of another kind", [photo, strokes, "out.gif"], false],
  ["a missing style where the output is named", [photo, strokes, "out.png"], true],
  ["a missing style where the content is missing too", ["no.png", strokes, "out.png"], false],
  ["the only style, missing", [photo, "out.png"], false],
])("says nothing about %s", (_, pictures, hasOutput) => {
  expect(() => checkMeant(pictures, { commands, hasOutput })).not.toThrow();
});

it("recognises a folder's pictures before a painting", () => {
  expect(manyContentsText("photos/a.jpg", ["photos/b.jpg", "photos/c.jpg", "art/starry.jpg"])).toBe(
    "Painting photos/a.jpg alone, in the style of all the other pictures. To paint every one of them in the style of " +
      "art/starry.jpg, use brushwork batch with the same pictures.",
  );
});

it.each([
  ["photo.jpg", ["starry.jpg"]],
  ["photos/a.jpg", ["art/starry.jpg"]],
  ["photo.jpg", ["monet.jpg", "turner.jpg"]],
  ["photo.jpg", ["art/monet.jpg", "art/turner.jpg"]],
  ["photos/a.jpg", ["art/monet.jpg", "art/turner.jpg"]],
])("takes %s and %j as they are", (content, styles) => {
  expect(manyContentsText(content, styles)).toBeUndefined();
});
