import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePicture, readPicture, writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";

let folder: string;
let photo: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  photo = join(folder, "photo.jpg");
  // EXIF of one field in the first directory: Artist.
  const name = "Ada Lovelace\0";
  const exif = Buffer.alloc(26 + name.length);
  exif.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x3b, 1, 2, 0, name.length, 0, 0, 0, 26]);
  exif.write(name, 26);
  await writePicture(photo, await readPicture(pictureOf("photo.png")), { metadata: { exif, density: 240 } });
});
afterAll(() => rm(folder, { recursive: true }));

const few = [
  ..."--network compact --engine wasm --threads 1 -s 32 --scales 1 -n 2 -q".split(" "),
  ...shallow,
];

const has = async (file: string) => (await readFile(join(folder, file))).includes("Ada Lovelace");

it("keeps the photograph's EXIF in its paintings, but not in frames, unless it is to be stripped", async () => {
  const output = join(folder, "painted.jpg");
  const style = pictureOf("strokes.png");
  const once = await outcomeOf([photo, style, "-o", output, ...few, "--frames", join(folder, "frames")]);
  expect(once.stderr).toBe("");
  expect(await has("painted.jpg")).toBe(true);
  expect(await has("frames/frame-00002.jpg")).toBe(false);
  const again = join(folder, "again.png");
  await outcomeOf([photo, style, "-o", again, ...few, "--save-every", "1", "--recipe", output, "--strip"]);
  expect(await has("again.png")).toBe(false);
  expect(await has("again-0001.png")).toBe(false);
  const { data } = await readPicture(await encodePicture(await readPicture(again), "jpeg"));
  expect((await readPicture(output)).data).toEqual(data);
  const { code } = await outcomeOf(["batch", photo, style, "-o", join(folder, "batch"), ...few]);
  expect(code).toBe(0);
  expect(await has("batch/photo-strokes.png")).toBe(true);
});
