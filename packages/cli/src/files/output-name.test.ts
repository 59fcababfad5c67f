import { expect, it } from "vitest";
import { defaultOutputName, intermediateName } from "./output-name.js";

it.each([
  [["photo.jpg", "starry night.jpeg"], "photo-starry night.png"],
  [["/pictures/photo.jpg", "../a/monet.v2.png"], "photo-monet.v2.png"],
  [["photo.jpg", "monet.jpg", "turner.jpg"], "photo-monet-turner.png"],
  [["-", "monet.jpg"], "stdin-monet.png"],
  [[`${"a".repeat(200)}.jpg`, "b.jpg"], `${"a".repeat(60)}-b.png`],
])("%j paint %s", (inputs, name) => {
  expect(defaultOutputName(inputs, ".png")).toBe(name);
});

it.each([
  ["out.png", 0, 300, "out-0000.png"],
  ["painted/night.jpg", 50, 300, "painted/night-0050.jpg"],
  ["out.png", 50, 20_000, "out-00050.png"],
])("%s after %i of %i steps", (output, index, total, name) => {
  expect(intermediateName(output, index, total)).toBe(name);
});
