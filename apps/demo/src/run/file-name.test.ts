import { expect, it } from "vitest";
import { fileName } from "./file-name.js";

it.each([
  ["My Cat.JPG", "The Church at Auvers, 1890", "my-cat-the-church-at-auvers-1890.png"],
  ["../../etc/passwd", "a:b*c?", "etc-passwd-a-b-c.png"],
  ["Łódź é 日本.heic", "…", "łódź-é-日本.png"],
  ["***", "", "painted.png"],
])("names what is painted from %s and %s", (photograph, painting, name) => {
  expect(fileName(photograph, painting, "png")).toBe(name);
});
