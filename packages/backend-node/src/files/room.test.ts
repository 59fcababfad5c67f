import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkRoom } from "./room.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("passes what there is room for", async () => {
  await checkRoom([{ path: join(folder, "a"), bytes: 1 }]);
});

it("refuses more than there is room for, and adds up what goes to one disk", async () => {
  const { blocks, bsize } = await statfs(folder);
  const files = ["a", "b"].map((name) => ({ path: join(folder, name), bytes: 0.6 * blocks * bsize }));
  await expect(checkRoom(files)).rejects.toThrow(
    /^Expected room for about \S+ [kMG]B on the disk of .*, found \S+ [kMG]B\. Make room, or save fewer/,
  );
});

it("leaves folders that are not there to those who write", async () => {
  await checkRoom([{ path: join(folder, "absent", "a"), bytes: Number.MAX_VALUE }]);
});
