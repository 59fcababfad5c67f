// Paints the pictures of docs/pictures.md, but for those that are in OUT already.
//
//   node scripts/pictures.mjs OUT FOLDER [VGG19]
//
// FOLDER holds photographs named content-*.jpg and paintings named style-*.jpg, as for contact-sheet.mjs. VGG19 is a
// weight file of VGG-19, for the presets of other programs; without one they are left out.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sharp = createRequire(join(root, "packages/backend-node/package.json"))("sharp");

const [out, folder, vgg19] = process.argv.slice(2);
if (out === undefined || folder === undefined) {
  console.error("Usage: node scripts/pictures.mjs OUT FOLDER [VGG19]");
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
const gap = 6;
/** For comparisons of settings, which are small. */
const small = ["--size", "384"];
const temporary = mkdtempSync(join(tmpdir(), "brushwork-"));

/** A white disc over the cup and its saucer, in a picture of the photograph's size. */
const cup = (of, around) => `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">
  <rect width="600" height="400" fill="${around}"/><ellipse cx="278" cy="188" rx="203" ry="200" fill="${of}"/></svg>`;
const cupMask = join(temporary, "cup.png");
const tableMask = join(temporary, "table.png");

/** The layers of VGG-19's first three blocks, for weight files that end there. */
const blocks = [
  ...["--weights", vgg19, "--content-layers", "relu3_2", "--style-layers", "relu1_1,relu2_1,relu3_1"],
];

try {
  for (const [i, pair] of pairs.entries())
    await row(`pictures-${i + 1}.jpg`, 512, () => presets.map((preset) => paint(pair, "--preset", preset)));
  await row("pictures-sizes.jpg", 512, () => sizes.map((size) => paint(pairs[2], "--size", String(size))));
  await row("pictures-weights.jpg", 512, () =>
    ["0.3", "1", "3"].map((weight) => paint(pairs[2], "--style-weight", weight)),
  );
  await sheet("pictures-style-scale.jpg", pairs[2], "--style-scale", "0.5,1,2");
  await sheet("pictures-style-weight.jpg", pairs[5], "--style-weight", "0.3,1,3");
  const terrace = ["chelsea-cat", "van-gogh-cafe-terrace-at-night"];
  await row("pictures-colors.jpg", 384, () =>
    ["none", "luma", "match", "match:0.5"].map((how) => paint(terrace, ...small, "--keep-colors", how)),
  );
  await row("pictures-masks.jpg", 384, async () => {
    await maskFile(cupMask, cup("white", "black"));
    await maskFile(tableMask, cup("black", "white"));
    const second = style("van-gogh-langlois-bridge");
    const masks = ["--content-mask", cupMask, "--content-mask", tableMask];
    const painted = paint(["coffee", "van-gogh-church-at-auvers"], second, ...masks, ...small);
    return [cupMask, tableMask, painted];
  });
  await row("pictures-style-losses.jpg", 384, () => [
    paint(pairs[0], ...small),
    paint(pairs[0], ...small, "--style-loss", "gram"),
    paint(pairs[0], ...small, "--style-loss", "moments"),
    paint(pairs[0], ...small, "--style-loss", "nearest"),
  ]);
  await row("pictures-more-losses.jpg", 384, () => [
    paint(pairs[0], ...small, "--loss", "nearest:weight=0.3"),
    paint(pairs[0], ...small, "--loss", "histogram"),
    paint(pairs[0], ...small, "--loss", "laplacian"),
    paint(pairs[0], ...small, "--content-weight", "0"),
    paint(pairs[0], ...small, "--tv-weight", "0"),
  ]);
  if (vgg19 !== undefined)
    await row("pictures-programs.jpg", 256, () => [
      paint(pairs[2], ...blocks, "--content-layer-weights", "relu3_2=1", "--size", "256"),
      paint(pairs[2], "--preset", "gatys", ...blocks, "--size", "256", "--scales", "1", "--steps", "100"),
      paint(pairs[2], "--preset", "jcjohnson", ...blocks, "--size", "256", "--steps", "100"),
      paint(pairs[2], "--preset", "neural-style-pt", ...blocks, "--size", "256", "--steps", "100"),
      paint(pairs[2], "--preset", "crowsonkb", ...blocks, "--size", "256", "--steps", "100"),
      paint(pairs[2], "--preset", "paper", ...blocks, "--steps", "200"),
    ]);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function style(painting) {
  return join(folder, `style-${painting}.jpg`);
}

function paint([photograph, painting], ...options) {
  const painted = join(temporary, `${Math.random()}.png`);
  brushwork([join(folder, `content-${photograph}.jpg`), style(painting), "-o", painted, ...options]);
  return painted;
}

function brushwork(args) {
  const network = args.includes("--weights") ? [] : ["--network", "compact"];
  const { status } = spawnSync(
    process.execPath,
    [join(root, "packages/cli/dist/bin.js"), ...args, ...network],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
}

async function maskFile(file, svg) {
  await sharp(Buffer.from(svg)).blur(4).png().toFile(file);
}

/** A sheet of one row, as "brushwork sweep" paints it. */
async function sheet(name, [photograph, painting], ...options) {
  await unlessThere(name, () => {
    const painted = join(temporary, "sheet.png");
    const files = [join(folder, `content-${photograph}.jpg`), style(painting)];
    brushwork(["sweep", ...files, "-o", painted, "--force", ...options]);
    return sharp(painted);
  });
}

/** Writes pictures side by side, each as wide as a cell. */
async function row(name, cell, paintAll) {
  await unlessThere(name, async () => {
    const files = await paintAll();
    const tiles = await Promise.all(
      files.map((file) => sharp(file).resize({ width: cell }).png().toBuffer({ resolveWithObject: true })),
    );
    return sharp({
      create: {
        width: files.length * (cell + gap) - gap,
        height: Math.max(...tiles.map(({ info }) => info.height)),
        channels: 3,
        background: "white",
      },
    }).composite(tiles.map(({ data }, i) => ({ input: data, left: i * (cell + gap), top: 0 })));
  });
}

async function unlessThere(name, make) {
  const file = join(out, name);
  if (existsSync(file)) return;
  await (await make()).jpeg({ quality: 78, mozjpeg: true }).toFile(file);
  console.log(name);
}
