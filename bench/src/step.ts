import { adam, type Engine, type Network, type Picture, stylize } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { uniform } from "./vgg19-shape.js";

/** Enough steps never to reach the last one, whose picture would be read. */
const endless = 1_000_000;

/** A run that is driven step by step. */
export interface Steps {
  next(): Promise<void>;
  stop(): Promise<void>;
}

/** Brushwork's own step: the paper's terms and Adam, without a margin, so that sizes are exact. */
export function brushworkSteps(engine: Engine, network: Network, size: number): Steps {
  const run = stylize({
    engine,
    network,
    content: noise(size, 1),
    style: noise(size, 2),
    terms: [contentLoss(), styleLoss(), tvLoss()],
    optimizer: adam(),
    scales: [{ size, steps: endless }],
    margin: 0,
  });
  return {
    async next() {
      await run.next();
    },
    async stop() {
      await run.return({ width: 0, height: 0, data: new Uint8ClampedArray() });
    },
  };
}

/** A square picture of noise. */
export function noise(size: number, seed: number): Picture {
  const random = uniform(seed);
  const data = Uint8ClampedArray.from({ length: 4 * size * size }, (_, i) =>
    i % 4 === 3 ? 255 : Math.floor(256 * random()),
  );
  return { width: size, height: size, data };
}
