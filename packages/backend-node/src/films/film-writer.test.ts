import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Picture } from "@brushwork/core";
import sharp from "sharp";
import { beforeEach, expect, it } from "vitest";
import { readPicture } from "../pictures/read-picture.js";
import { filmWriter } from "./film-writer.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-film-"));
  return () => rm(folder, { recursive: true, force: true });
});

const flat = (width: number, height: number, ...color: readonly number[]): Picture => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height * 4).map((_, i) => color[i % 4] ?? 255),
});

it.each(["gif", "webp"])("makes an animated %s of frames that are scaled to it", async (format) => {
  const path = join(folder, `film.${format}`);
  const film = filmWriter(path, { width: 1600, height: 400, framesPerSecond: 12.5 });
  await film.add(flat(16, 4, 200, 60, 30));
  await film.add(flat(1600, 400, 20, 60, 230), 25);
  expect(await film.finish()).toEqual({ path });
  expect(await sharp(path, { animated: true }).metadata()).toMatchObject({
    width: 800,
    pageHeight: 200,
    pages: 2,
    delay: [80, 2000],
    loop: 0,
  });
  const { data } = await readPicture(path);
  for (const [i, level] of [200, 60, 30].entries()) expect(Math.abs((data[i] ?? 0) - level)).toBeLessThan(6);
});

it("shows white where a picture is transparent", async () => {
  const path = join(folder, "film.webp");
  const film = filmWriter(path, { width: 16, height: 16, framesPerSecond: 10 });
  await film.add(flat(16, 16, 10, 20, 30, 0));
  await film.finish();
  expect([...(await readPicture(path)).data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
});

it("keeps a file that is not to be replaced, and leaves nothing of a film that is abandoned", async () => {
  const path = join(folder, "film.gif");
  await writeFile(path, "mine");
  const film = filmWriter(path, { width: 16, height: 16, framesPerSecond: 10, replace: false });
  await film.add(flat(16, 16, 10, 20, 30));
  expect(await film.finish()).toEqual({ path: join(folder, "film-2.gif"), taken: true });
  const other = filmWriter(join(folder, "other.gif"), { width: 16, height: 16, framesPerSecond: 10 });
  await other.add(flat(16, 16, 10, 20, 30));
  await other.abandon();
  expect((await readdir(folder)).sort()).toEqual(["film-2.gif", "film.gif"]);
});
