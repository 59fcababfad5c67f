import { resolve } from "node:path";
import { expect, it } from "vitest";
import { noteOf, type StoredWords, wordsOfNote } from "./stored-words.js";

const words: StoredWords = {
  content: "photo.jpg",
  styles: ["a.png", "b.png"],
  output: "out.jpg",
  format: "jpeg",
  quality: 80,
  saveEvery: 5,
  frames: "film",
  init: "start.png",
  contentMask: ["none", "mask.png"],
  styleMask: ["mask.png"],
  weights: "vgg.h5",
  engine: "wasm",
  threads: 2,
  precision: "full",
  steps: 40,
};

it("keeps what a recipe does not say, files by their whole paths", () => {
  const kept = wordsOfNote(noteOf({ ...words, json: true, size: 512 } as StoredWords));
  expect(kept).toEqual({
    ...words,
    content: resolve("photo.jpg"),
    styles: [resolve("a.png"), resolve("b.png")],
    output: resolve("out.jpg"),
    frames: resolve("film"),
    init: resolve("start.png"),
    contentMask: ["none", resolve("mask.png")],
    styleMask: [resolve("mask.png")],
    weights: resolve("vgg.h5"),
  });
});

it("leaves streams and what is absent as they are", () => {
  const streams = { content: "-", styles: [resolve("a.png")], output: "-" };
  expect(wordsOfNote(noteOf(streams))).toEqual(streams);
  expect(wordsOfNote(undefined)).toEqual({});
});

it.each([
  [{ output: 5 }, ", got 5."],
  [{ force: true }, 'got "force"'],
  [{ engine: "warp" }, 'to be one of auto, cuda, webgpu, native, wasm, got "warp"'],
  ["out.png", "to be among content, styles"],
])("refuses %j, which no command wrote", (note, message) => {
  expect(() => wordsOfNote(note)).toThrow(message);
});
