// What a step costs the processor on WebGPU, given anew and repeated, and the memory on the GPU: pnpm bench:commands
// The GPU's own work, computing and copying, is left out, so that only giving commands counts. A GPU in software will do.

import { existsSync } from "node:fs";

/** The Vulkan driver in Debian's package chromium, which needs no GPU. */
const softwareVulkan = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (existsSync(softwareVulkan)) process.env.VK_ICD_FILENAMES ??= softwareVulkan;

import { loadNetwork, startEngine } from "@brushwork/backend-node";
import type { Engine, Network } from "@brushwork/core";
import { vgg19 } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { brushworkSteps } from "./step.js";
import { randomWeights } from "./vgg19-shape.js";

const sizes = [128, 256, 512];
/** Enough steps to warm up, to be recorded and to be repeated. */
const warmUps = 6;
const [stepsOfRound, rounds] = [20, 5];

const engine = await startEngine("webgpu");
let commands = 0;
leaveOut("GPUComputePassEncoder", "dispatchWorkgroups", () => commands++);
leaveOut("GPUCommandEncoder", "copyBufferToBuffer", () => {});
const { recorder: _, ...without } = engine;

console.log(
  "| network | size | commands | given anew, ms | repeated, ms | share | memory given anew | repeated |",
);
console.log(
  "| ------- | ---: | -------: | -------------: | -----------: | ----: | ----------------: | -------: |",
);
for (const network of [vgg19({ weights: randomWeights() }), (await loadNetwork("compact")).network]) {
  for (const size of sizes) {
    const anew = await costOf(without, network, size);
    const repeated = await costOf(engine, network, size);
    const cells = [
      network.name,
      `${size}²`,
      anew.commands,
      anew.milliseconds.toFixed(2),
      repeated.milliseconds.toFixed(2),
      (repeated.milliseconds / anew.milliseconds).toFixed(2),
      `${(anew.bytes / 2 ** 20).toFixed(0)} MiB`,
      `${(repeated.bytes / 2 ** 20).toFixed(0)} MiB`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  network.dispose();
}
await engine.stop();
process.exit();

/** Replaces a method of WebGPU. */
function leaveOut(name: string, method: string, instead: () => void): void {
  const { prototype } = (globalThis as unknown as Record<string, { readonly prototype: object }>)[name] ?? {};
  if (prototype === undefined) throw new Error(`Expected WebGPU to have ${name}.`);
  Object.assign(prototype, { [method]: instead });
}

/** The processor's time for a step, in the least disturbed of several rounds, and what is allocated on the GPU. */
async function costOf(on: Engine, network: Network, size: number) {
  on.trim();
  const steps = brushworkSteps(on, network, size);
  for (let step = 0; step < warmUps; step++) await steps.next();
  let milliseconds = Number.POSITIVE_INFINITY;
  commands = 0;
  for (let round = 0; round < rounds; round++) {
    const begin = process.cpuUsage();
    for (let step = 0; step < stepsOfRound; step++) await steps.next();
    const { user, system } = process.cpuUsage(begin);
    milliseconds = Math.min(milliseconds, (user + system) / 1000 / stepsOfRound);
  }
  const { numBytesAllocatedInGPU: bytes } = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number };
  const commandsOfStep = Math.round(commands / rounds / stepsOfRound);
  await steps.stop();
  return { milliseconds, bytes, commands: commandsOfStep };
}
