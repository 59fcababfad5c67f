// Measures the built page: when it can be used, how long it keeps the main thread, and whether its memory grows.
//
//   node scripts/measure.mjs [--engine wasm|webgl|webgpu] [--size 128] [--steps 200] [--runs 5] [--interpret] [--gpu]
//
// GPUs are in software, unless --gpu asks for the machine's own. With --interpret, V8 compiles no JavaScript: then the heap holds data alone. Without, it also
// holds what V8 has compiled of the code that runs often, and grows until it has compiled all of that.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "wasm" },
    size: { type: "string", default: "128" },
    steps: { type: "string", default: "200" },
    runs: { type: "string", default: "5" },
    interpret: { type: "boolean", default: false },
    gpu: { type: "boolean", default: false },
  },
});
const { engine, size, interpret, gpu } = values;
const [steps, runs] = [Number(values.steps), Number(values.runs)];

const demo = fileURLToPath(new URL("..", import.meta.url));
const { module: fixture } = await runnerImport(join(demo, "../../tests/chromium.ts"));
const site = await fixture.serveSite({ folder: join(demo, "dist") });
/** By which Chromium without a window takes a GPU on Linux. */
const realGpu = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-angle=vulkan",
  "--ignore-gpu-blocklist",
];
const interpreted = "--js-flags=--no-opt --no-maglev --no-sparkplug";
const args = [...(interpret ? [interpreted] : []), ...(gpu ? realGpu : [])];
const browser = await fixture.launchChromium({ args, gpu: !gpu });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await startTrace(page);
  await page.goto(`${site.address}#engine=${engine}&size=${size}&steps=${steps}`);
  const interactiveMilliseconds = await page.evaluate(async () => {
    const ready = () =>
      [...document.querySelectorAll("button")].some((b) => b.textContent.trim() === "Paint" && !b.disabled);
    while (!ready()) await new Promise(requestAnimationFrame);
    return Math.round(performance.now());
  });
  await page.waitForLoadState("networkidle");
  const opening = await longestTask();

  const painting = [];
  for (let run = 1; run <= runs; run++) {
    await startTrace(page);
    await page.getByRole("button", { name: run === 1 ? "Paint" : "Paint again", exact: true }).click();
    // Both at the last size.
    await stepsDone(page, 0.75);
    const engineMegabytes = [await engineMemory(page)];
    await stepsDone(page, 0.95);
    engineMegabytes.push(await engineMemory(page));
    await page.getByText(`Done: ${steps} of ${steps} steps`).waitFor();
    painting.push({ run, ...(await longestTask()), engineMegabytes, ...(await megabytes(page)) });
  }
  const device = await page.getByRole("definition").nth(1).textContent();
  const figures = { engine, device, size: Number(size), steps, interpret, interactiveMilliseconds };
  console.log(JSON.stringify({ ...figures, opening, painting }, null, 2));
} finally {
  await browser.close();
  await site.close();
}

/** Waits until that share of the steps is done. */
async function stepsDone(page, share) {
  const progress = page.getByRole("progressbar", { name: "Painted so far" });
  await progress.and(page.locator("[value]")).waitFor();
  await page.waitForFunction(
    ([element, least]) => element.value >= least,
    [await progress.elementHandle(), share * steps],
  );
}

/** What the engine's tensors and its pool take in the worker, by TensorFlow.js's own count. */
async function engineMemory(page) {
  const found = page.workers().map((worker) =>
    worker.evaluate(() => {
      // TensorFlow.js keeps its engine there; a worker that has not begun yet has none.
      if (globalThis._tfengine?.backendName == null) return undefined;
      const memory = globalThis._tfengine.memory();
      // WebGPU and WebGL call it by different names.
      return memory.numBytesAllocatedInGPU ?? memory.numBytesInGPUAllocated ?? memory.numBytes;
    }),
  );
  const bytes = (await Promise.all(found)).find((one) => one !== undefined);
  return bytes === undefined ? undefined : Number((bytes / 1e6).toFixed(1));
}

function startTrace(page) {
  return browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline", "__metadata"] });
}

/**
 * Of the page's main thread, since the trace was started: the task that was longest by the clock, and the one that
 * computed longest. They differ where other programs take the processors.
 */
async function longestTask() {
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const threads = traceEvents
    .filter(({ name, args: { name: thread } }) => name === "thread_name" && thread === "CrRendererMain")
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name === "RunTask" && threads.includes(`${pid} ${tid}`),
  );
  const longest = (microseconds) => Math.round(Math.max(...tasks.map(microseconds)) / 1e3);
  return {
    longestTaskMilliseconds: longest(({ dur = 0 }) => dur),
    longestComputingMilliseconds: longest(({ tdur = 0 }) => tdur),
  };
}

/** The page's JavaScript heap without garbage, and what the processes of page (workers too) and GPU hold. */
async function megabytes(page) {
  const session = await page.context().newCDPSession(page);
  // What is let go by one collection may let go of more.
  for (let i = 0; i < 5; i++) await session.send("HeapProfiler.collectGarbage");
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
    heapMegabytes: Number((usedSize / 1e6).toFixed(2)),
    pageProcessMegabytes: Math.round(resident("renderer") / 1e3),
    gpuProcessMegabytes: Math.round(resident("GPU") / 1e3),
  };
}
