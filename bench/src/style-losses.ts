// The step of our own default with each of the two style losses, with the bundled network: pnpm bench:losses [ENGINE …]

import { type EngineName, engineNames, loadNetwork, startEngine } from "@brushwork/backend-node";
import { adam, type Engine, type Network, stylize } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import { isInSoftware } from "./software.js";
import { noise } from "./step.js";

const [stepsOfRound, rounds] = [4, 5];

const asked = process.argv.slice(2).filter((word) => word !== "--");
const unknown = asked.find((word) => !engineNames.some((name) => name === word));
if (unknown !== undefined) {
  console.error(`Expected engines among ${engineNames.join(", ")}, got "${unknown}".`);
  process.exit(2);
}
const engines = asked.length > 0 ? (asked as EngineName[]) : engineNames;
for (const name of engines) {
  try {
    const engine = await startEngine(name);
    const { network } = await loadNetwork("compact");
    const size = isInSoftware(engine.device) ? 128 : 512;
    // Alternately, so that other work on the machine slows down both; the least disturbed round counts.
    const times = { gram: Number.POSITIVE_INFINITY, wasserstein: Number.POSITIVE_INFINITY };
    for (let round = 0; round < rounds; round++)
      for (const loss of ["gram", "wasserstein"] as const)
        times[loss] = Math.min(times[loss], await msPerStep(engine, network, loss, size));
    const more = Math.round(100 * (times.wasserstein / times.gram - 1));
    console.log(
      `| ${name} | ${size}² | ${times.gram.toFixed(0)} | ${times.wasserstein.toFixed(0)} | ${more} % |`,
    );
    network.dispose();
    await engine.stop();
  } catch (error) {
    console.error(`Not measured: ${name}. ${(error as Error).message}`);
    if (asked.length > 0) process.exitCode = 1;
  }
}
process.exit();

async function msPerStep(engine: Engine, network: Network, loss: "gram" | "wasserstein", size: number) {
  const style = loss === "gram" ? styleLoss({ reduction: "relative" }) : wassersteinLoss();
  const run = stylize({
    engine,
    network,
    content: noise(size, 1),
    style: noise(size, 2),
    terms: [contentLoss({ reduction: "relative" }), style, tvLoss()],
    optimizer: adam(),
    scales: [{ size, steps: stepsOfRound + 2 }],
    margin: 0,
  });
  // The first step prepares the targets, and may compile kernels.
  await run.next();
  const begin = performance.now();
  for (let step = 0; step < stepsOfRound; step++) await run.next();
  const milliseconds = (performance.now() - begin) / stepsOfRound;
  await run.return({ width: 0, height: 0, data: new Uint8ClampedArray() });
  return milliseconds;
}
