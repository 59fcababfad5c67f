// Measures the built page: when it can be used, how long it keeps the main thread, and whether its memory grows.
//
//   node scripts/measure.mjs [ENGINE]      wasm, webgl or webgpu; GPUs are in software
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const demo = fileURLToPath(new URL("..", import.meta.url));
const engine = process.argv[2] ?? "wasm";
const steps = 200;
const runs = 5;

const { module: fixture } = await runnerImport(join(demo, "../../tests/chromium.ts"));
const site = await fixture.serveSite({ folder: join(demo, "dist") });
const browser = await fixture.launchChromium();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longTasks.push(Math.round(duration));
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${site.address}#engine=${engine}&size=128&steps=${steps}`);
  const interactive = await page.evaluate(async () => {
    const ready = () =>
      [...document.querySelectorAll("button")].some((b) => b.textContent.trim() === "Paint" && !b.disabled);
    while (!ready()) await new Promise(requestAnimationFrame);
    return Math.round(performance.now());
  });
  await page.waitForLoadState("networkidle");
  const opening = await takeLongTasks(page);

  const after = [];
  const painting = [];
  for (let run = 0; run < runs; run++) {
    await page.getByRole("button", { name: run === 0 ? "Paint" : "Paint again", exact: true }).click();
    await page.getByText(/^([2-9]\d|1\d\d) of/).waitFor();
    if (run === 0) {
      painting.push(...(await takeLongTasks(page)));
      after.push({ at: "early in the first run", ...(await megabytes(page)) });
      // Collecting garbage is a task of ours.
      await takeLongTasks(page);
    }
    await page.getByText(`Done: ${steps} of ${steps} steps`).waitFor();
    painting.push(...(await takeLongTasks(page)));
    after.push({ at: `after run ${run + 1}`, ...(await megabytes(page)) });
    await takeLongTasks(page);
  }
  console.log(
    JSON.stringify(
      { engine, interactiveMilliseconds: interactive, longTasks: { opening, painting }, memory: after },
      null,
      2,
    ),
  );
} finally {
  await browser.close();
  await site.close();
}

/** The tasks of 50 ms and more since the last call. */
function takeLongTasks(page) {
  return page.evaluate(() => globalThis.longTasks.splice(0));
}

/** The page's JavaScript heap after collecting garbage, and what the processes of page (workers too) and GPU hold. */
async function megabytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  const system = await browser.newBrowserCDPSession();
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  await system.detach();
  const resident = (type) =>
    processInfo
      .filter((process) => process.type === type)
      .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]))
      .reduce((sum, kilobytes) => sum + kilobytes, 0);
  return {
    heap: Number((usedSize / 1e6).toFixed(1)),
    pageProcess: Math.round(resident("renderer") / 1e3),
    gpuProcess: Math.round(resident("GPU") / 1e3),
  };
}
