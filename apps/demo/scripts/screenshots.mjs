// Photographs the built page: opened, painting and painted; in light, in dark and on a phone.
//
//   node scripts/screenshots.mjs [FOLDER]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const demo = fileURLToPath(new URL("..", import.meta.url));
const folder = process.argv[2] ?? join(demo, "screenshots");
mkdirSync(folder, { recursive: true });

const { module: fixture } = await runnerImport(join(demo, "../../tests/chromium.ts"));
const site = await fixture.serveSite({ folder: join(demo, "dist"), headers: fixture.isolation });
const browser = await fixture.launchChromium();
const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1360, height: 900 }, hash: "#size=512" },
  {
    name: "dark",
    colorScheme: "dark",
    viewport: { width: 1360, height: 900 },
    hash: "#photograph=astronaut&painting=cafe",
  },
  {
    name: "phone",
    colorScheme: "light",
    viewport: { width: 360, height: 780 },
    hash: "#photograph=coffee&painting=bridge",
  },
];
try {
  for (const look of looks) await photograph(look);
} finally {
  await browser.close();
  await site.close();
}

async function photograph({ name, hash, ...options }) {
  const page = await browser.newPage({
    ...options,
    reducedMotion: "reduce",
    deviceScaleFactor: name === "phone" ? 2 : 1,
  });
  const take = async (stage) => {
    const path = join(folder, `${name}-${stage}.png`);
    await page.screenshot({ path, fullPage: name === "phone" && !stage.startsWith("2") });
    console.log(path);
  };
  await page.goto(`${site.address}${hash}`);
  await page.getByRole("button", { name: "Paint", exact: true }).and(page.locator(":enabled")).waitFor();
  await page.getByRole("img", { name: /^Painting:/ }).waitFor();
  await page.waitForLoadState("networkidle");
  await take("1-opened");
  await page.getByRole("button", { name: "Paint", exact: true }).click();
  await page.getByText("about", { exact: false }).first().waitFor();
  const progress = page.getByRole("progressbar", { name: "Painted so far" });
  await progress.and(page.locator("[value]")).waitFor({ timeout: 60_000 });
  await page.waitForFunction((element) => element.position > 0.72, await progress.elementHandle(), {
    timeout: 300_000,
  });
  await take("2-painting");
  await page.getByText(/^Done:/).waitFor({ timeout: 600_000 });
  await page.getByRole("button", { name: "Compare with the photograph" }).click();
  await take("3-painted");
  await page.close();
}
