// Paints the pictures of docs/pictures.md: pairs by each preset of our own, and one recipe at three sizes.
//
//   node scripts/pictures.mjs OUT FOLDER [brushwork's options]
//
// FOLDER holds photographs named content-*.jpg and paintings named style-*.jpg, as for contact-sheet.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sharp = createRequire(join(root, "packages/backend-node/package.json"))("sharp");

const [out, folder, ...options] = process.argv.slice(2);
if (out === undefined || folder === undefined) {
  console.error("Usage: node scripts/pictures.mjs OUT FOLDER [brushwork's options]");
  process.exit(2);
}

/** Each photograph and each painting twice. */
const pairs = [
  ["astronaut", "van-gogh-church-at-auvers"],
  ["astronaut", "van-gogh-cafe-terrace-at-night"],
  ["chelsea-cat", "van-gogh-church-at-auvers"],
  ["chelsea-cat", "van-gogh-langlois-bridge"],
  ["coffee", "van-gogh-painter-on-his-way-to-work"],
  ["coffee", "van-gogh-langlois-bridge"],
  ["rocket", "van-gogh-painter-on-his-way-to-work"],
  ["rocket", "van-gogh-cafe-terrace-at-night"],
];
const presets = ["sketch", "default", "fine"];
const sizes = [256, 512, 1024];
const [cell, gap] = [512, 6];
const temporary = mkdtempSync(join(tmpdir(), "brushwork-"));

try {
  for (const [i, pair] of pairs.entries())
    await row(
      `pictures-${i + 1}.jpg`,
      presets.map((preset) => paint(pair, "--preset", preset)),
    );
  await row(
    "pictures-sizes.jpg",
    sizes.map((size) => paint(pairs[2], "--size", String(size))),
  );
  await row(
    "pictures-weights.jpg",
    ["0.3", "1", "3"].map((weight) => paint(pairs[2], "--style-weight", weight)),
  );
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function paint([photograph, painting], ...more) {
  const painted = join(temporary, `${photograph}-${painting}-${more.join("")}.png`);
  const files = [join(folder, `content-${photograph}.jpg`), join(folder, `style-${painting}.jpg`)];
  const args = [join(root, "packages/cli/dist/bin.js"), ...files, "-o", painted, ...more, ...options];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  return painted;
}

/** Writes pictures side by side, each as wide as a cell. */
async function row(name, files) {
  const tiles = await Promise.all(
    files.map((file) => sharp(file).resize({ width: cell }).png().toBuffer({ resolveWithObject: true })),
  );
  await sharp({
    create: {
      width: files.length * (cell + gap) - gap,
      height: Math.max(...tiles.map(({ info }) => info.height)),
      channels: 3,
      background: "white",
    },
  })
    .composite(tiles.map(({ data }, i) => ({ input: data, left: i * (cell + gap), top: 0 })))
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(join(out, name));
  console.log(name);
}
