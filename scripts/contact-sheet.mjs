// Paints every photograph in the manner of every painting and lays the pictures out on one sheet.
//
//   node scripts/contact-sheet.mjs OUT.jpg FOLDER [brushwork's options]
//
// FOLDER holds photographs named content-*.jpg and paintings named style-*.jpg.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sharp = createRequire(join(root, "packages/backend-node/package.json"))("sharp");

const [out, folder, ...options] = process.argv.slice(2);
if (out === undefined || folder === undefined) {
  console.error("Usage: node scripts/contact-sheet.mjs OUT.jpg FOLDER [brushwork's options]");
  process.exit(2);
}
const files = readdirSync(folder).sort();
const named = (kind) =>
  files
    .filter((file) => file.startsWith(`${kind}-`) && file.endsWith(".jpg"))
    .map((file) => join(folder, file));
const [photographs, paintings] = [named("content"), named("style")];
if (photographs.length === 0 || paintings.length === 0) {
  console.error(`Expected ${folder} to hold content-*.jpg and style-*.jpg, found none of one kind.`);
  process.exit(2);
}

const cell = 280;
const gap = 6;
const temporary = mkdtempSync(join(tmpdir(), "brushwork-"));
const tiles = [];
try {
  for (const [column, painting] of paintings.entries()) await place(painting, 0, column + 1);
  for (const [row, photograph] of photographs.entries()) {
    await place(photograph, row + 1, 0);
    for (const [column, painting] of paintings.entries()) {
      const painted = join(temporary, `${row}-${column}.png`);
      const args = [join(root, "packages/cli/dist/bin.js"), photograph, painting, "-o", painted, ...options];
      const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
      if (status !== 0) process.exit(status ?? 1);
      await place(painted, row + 1, column + 1);
    }
  }
  const side = (count) => (count + 1) * (cell + gap) + gap;
  await sharp({
    create: {
      width: side(paintings.length),
      height: side(photographs.length),
      channels: 3,
      background: "white",
    },
  })
    .composite(tiles)
    .jpeg({ quality: 85, mozjpeg: true })
    .toFile(out);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function place(file, row, column) {
  const { data, info } = await sharp(file)
    .resize(cell, cell, { fit: "inside" })
    .png()
    .toBuffer({ resolveWithObject: true });
  tiles.push({
    input: data,
    left: gap + column * (cell + gap) + Math.floor((cell - info.width) / 2),
    top: gap + row * (cell + gap) + Math.floor((cell - info.height) / 2),
  });
}
