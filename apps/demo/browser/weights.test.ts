import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { weightCatalogue } from "@brushwork/backend-web";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOf, safetensorsHeader } from "../../../packages/backend-web/src/weights/safetensors-header.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, dist, openDemo, openMore, paintABit, serveDemo, tiny } from "./page.fixture.js";

const { shards, arrays } = weightCatalogue.vgg19!;
const source = "https://cdn.jsdelivr.net/gh/DavidCai1993/vgg19-tensorflowjs-model@08d0905/model/";
const anyOrigin = { headers: { "access-control-allow-origin": "*" } };

describeInChromium("VGG-19's weights", (chromium) => {
  let folder: string;
  let weightFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-weights-"));
    weightFile = join(folder, "vgg19.safetensors");
    await writeNoughts(weightFile);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function openWeights({ files = {}, ...options }: Opening = {}): Promise<Page> {
    const site = await chromium.serve(serveDemo({ files }));
    const link = { size: 64, steps: 2000, engine: "wasm" };
    const { page } = await openDemo(chromium, site, { link, ...options });
    await openMore(page);
    return page;
  }

  it("are asked for before they are downloaded, and Escape declines", async () => {
    const page = await openWeights();
    const dialog = await askForVgg19(page);
    await dialog.getByText("52 MB from cdn.jsdelivr.net").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await network(page).inputValue()).toBe("compact");
  });

  it("are asked for by presets that name them, which compact does not paint", async () => {
    const page = await openWeights({ link: { ...tiny, preset: "gatys" } });
    await button(page, "Paint").click();
    await page.getByRole("alert").getByText("The preset gatys is painted with VGG-19 alone").waitFor();
    await page.getByLabel("Preset").selectOption("crowsonkb");
    const dialog = page.getByRole("dialog", { name: "Paint with VGG-19?" });
    await dialog.getByText("names other weights, vgg19/torchvision@dcbb9e9d").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    // The download has the weights that this one names.
    await page.getByLabel("Preset").selectOption("jcjohnson");
    await dialog.waitFor();
    expect(await dialog.getByText("other weights").count()).toBe(0);
  });

  it("come from the public source, and the download can be cancelled", async () => {
    const page = await openWeights();
    // It never answers.
    await page.route(`${source}**`, () => {});
    const ended = page.waitForEvent("requestfailed");
    const dialog = await askForVgg19(page);
    await dialog.getByRole("button", { name: "Download 52 MB" }).click();
    await dialog.getByRole("progressbar", { name: "Download" }).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect((await ended).url()).toBe(`${source}group1-shard1of1`);
    await dialog.waitFor({ state: "detached" });
    expect(await network(page).inputValue()).toBe("compact");
  });

  it("that are not what was published are refused, and so is a source that gives none", async () => {
    const page = await openWeights();
    const answer = { body: Buffer.alloc(1000), status: 200 };
    await page.route(`${source}**`, (route) => route.fulfill({ ...anyOrigin, ...answer }));
    const dialog = await askForVgg19(page);
    const pull = dialog.getByRole("button", { name: "Download 52 MB" });
    await pull.click();
    await dialog.getByText(/Its bytes are not the published ones \(SHA-1 [0-9a-f]{40}\)\./).waitFor();
    answer.status = 404;
    await pull.click();
    const sentence =
      "cdn.jsdelivr.net did not deliver group1-shard1of1. It answered 404. " +
      "Check the connection and try again: the download continues where it stopped.";
    await dialog.getByText(sentence).waitFor();
    expect(await pull.isEnabled()).toBe(true);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(await network(page).inputValue()).toBe("compact");
    await askForVgg19(page);
    await pull.waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
  });

  it("are downloaded with progress, paint, are kept and can be removed", async () => {
    const offered = standIns();
    const page = await openWeights({ files: pageExpecting(offered) });
    const requests: string[] = [];
    await page.route(`${source}**`, (route) => {
      const path = route.request().url().slice(source.length);
      requests.push(path);
      return route.fulfill({ ...anyOrigin, body: offered.get(path) ?? "" });
    });
    const dialog = await askForVgg19(page);
    await recordProgress(page);
    await dialog.getByRole("button", { name: "Download 52 MB" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(requests).toEqual(Object.keys(shards));
    // Blocks 1 to 3 are 9.3 MB of float32, the first of block 4 brings them to 13.5 in its first shard.
    expect(await recordedProgress(page)).toEqual(
      expect.arrayContaining(["9 of 52 MB", "13 of 52 MB", "52 of 52 MB"]),
    );
    expect(await network(page).inputValue()).toBe("vgg19");

    await page.reload();
    await openMore(page);
    await choiceOfVgg19(page, "VGG-19");
    await network(page).selectOption("vgg19");
    await expect.poll(() => network(page).inputValue()).toBe("vgg19");
    await paintABit(page);
    expect(requests.length).toBe(Object.keys(shards).length);

    await button(page, "Remove VGG-19 from this browser").click();
    await choiceOfVgg19(page, "VGG-19, 52 MB download");
    expect(await network(page).inputValue()).toBe("compact");
  });

  it("of a file of one's own are kept, and can be removed", async () => {
    const page = await openWeights();
    await pickWeights(page, weightFile);
    await page.reload();
    await openMore(page);
    await choiceOfVgg19(page, "VGG-19");
    await network(page).selectOption("vgg19");
    await paintABit(page);
    await button(page, "Remove VGG-19 from this browser").click();
    await choiceOfVgg19(page, "VGG-19, 52 MB download");
  });

  it("of a file of one's own are used where the browser keeps nothing, which is said", async () => {
    const page = await openWeights({ browser: await chromium.launch({ storage: false }) });
    await pickWeights(page, weightFile);
    await page.getByText("VGG-19 is available until the page closes. The browser keeps no weights").waitFor();
    await paintABit(page);
  });

  it("that are something else are refused in a sentence", async () => {
    const page = await openWeights();
    await pickWeights(page, { name: "letter.h5", mimeType: "", buffer: Buffer.from("Dear diary") });
    await button(page, "Paint").click();
    await page
      .getByRole("alert")
      .getByText(/^The file does not hold the weights of vgg19\..* If the browser keeps this one, remove it/)
      .waitFor();
    // It does not go on as if something were still to come.
    await page.getByText("Nothing was painted").waitFor();
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("0");
    await button(page, "Remove VGG-19 from this browser").click();
    await choiceOfVgg19(page, "VGG-19, 52 MB download");
  });

  it("need more room than there may be: the largest size that fits is offered", async () => {
    // A loss that has to see the whole picture at once keeps it from being painted in tiles.
    const losses = JSON.stringify([{ loss: "nearest", weight: 1, options: {} }]);
    const page = await openWeights({ link: { size: 1536, steps: 3, engine: "wasm", losses } });
    await pickWeights(page, weightFile);
    await button(page, "Paint").click();
    const alert = page.getByRole("alert");
    const sentence = await alert
      .getByText(
        /^Expected a size that fits the engine wasm in one piece, as the loss "nearest" needs, got 1536×1022/,
      )
      .textContent();
    const longest = Number(/at most (\d+) pixels/.exec(sentence ?? "")?.[1]);
    const offer = alert.getByRole("button", { name: /^Paint at \d+ pixels$/ });
    const offered = Number(/\d+/.exec((await offer.textContent()) ?? "")?.[0]);
    expect(longest - offered).toBeGreaterThanOrEqual(0);
    expect(longest - offered).toBeLessThan(32);
    await offer.click();
    await alert.waitFor({ state: "detached" });
    expect(await page.getByLabel("Size").inputValue()).toBe(String(offered));
    // One step would take a minute.
    await page.getByRole("button", { name: /^(Cancel|Stop)$/ }).click();
  });
});

type Opening = Parameters<typeof openDemo>[2] & Pick<Parameters<typeof serveDemo>[0] & object, "files">;

function network(page: Page) {
  return page.getByLabel("Network");
}

/** Waits until the network's choice says that of VGG-19. */
function choiceOfVgg19(page: Page, name: string): Promise<void> {
  return page.getByRole("option", { name, exact: true }).waitFor({ state: "attached" });
}

async function askForVgg19(page: Page) {
  await network(page).selectOption("vgg19");
  return page.getByRole("dialog", { name: "Paint with VGG-19?" });
}

async function pickWeights(page: Page, file: Parameters<Page["setInputFiles"]>[1]): Promise<void> {
  const dialog = await askForVgg19(page);
  await page.getByLabel("Weight file").setInputFiles(file);
  await dialog.waitFor({ state: "detached" });
  expect(await network(page).inputValue()).toBe("vgg19");
}

/** Notes what the dialog says of the download. */
async function recordProgress(page: Page): Promise<void> {
  await page.evaluate(() => {
    const texts: string[] = [];
    (window as { texts?: string[] }).texts = texts;
    new MutationObserver(() => {
      texts.push(document.querySelector("dialog .progress-line span")?.textContent ?? "");
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function recordedProgress(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (window as { texts?: string[] }).texts ?? []);
}

/** A weight file of VGG-19's arrays, all 0: it takes no time to write. */
async function writeNoughts(path: string): Promise<void> {
  const header = safetensorsHeader(arrays);
  const file = await open(path, "w");
  await file.write(header);
  await file.truncate(header.length + bytesOf(arrays));
  await file.close();
}

/** Shards of small numbers, as large as the real ones, by path. */
function standIns(): ReadonlyMap<string, Buffer> {
  const most = 4 * 2 ** 20;
  const convolutions = Object.keys(arrays).flatMap((name) => name.match(/^.*(?=\/kernel$)/)?.[0] ?? []);
  const sizes = convolutions.flatMap((name) => {
    const bytes = ["kernel", "bias"]
      .map((kind) => bytesOf({ [kind]: arrays[`${name}/${kind}`] ?? [] }))
      .reduce((sum, size) => sum + size, 0);
    return Array.from({ length: Math.ceil(bytes / most) }, (_, i) => Math.min(most, bytes - i * most));
  });
  return new Map(Object.keys(shards).map((path, i) => [path, numbers(sizes[i] ?? 0, i)]));
}

function numbers(bytes: number, seed: number): Buffer {
  const pattern = Float32Array.from({ length: 11 + seed }, (_, i) => (((i * 7) % 11) - 5) / 200);
  return Buffer.alloc(bytes, Buffer.from(pattern.buffer));
}

/** The page's script, expecting those shards in place of the published ones: nobody can make bytes of a given hash. */
function pageExpecting(offered: ReadonlyMap<string, Buffer>): Readonly<Record<string, string>> {
  const name = readdirSync(join(dist, "assets")).find((file) => /^page-.*\.js$/.test(file));
  if (name === undefined) throw new Error("Expected the page to have a script, found none.");
  let script = readFileSync(join(dist, "assets", name), "utf8");
  for (const [path, bytes] of offered) {
    const hash = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    script = script.replace(shards[path] ?? "", hash);
  }
  return { [`assets/${name}`]: script };
}
