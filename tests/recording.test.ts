import { loadNetwork, startEngine } from "@brushwork/backend-node";
import {
  adam,
  clamped,
  type Engine,
  type LossTerm,
  lbfgs,
  type Network,
  type Picture,
  type RunState,
  type Step,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { histogramLoss } from "@brushwork/loss-histogram";
import { laplacianLoss } from "@brushwork/loss-laplacian";
import { momentsLoss } from "@brushwork/loss-moments";
import { nearestLoss } from "@brushwork/loss-nearest";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerGram } from "../packages/webgpu/src/kernels/gram.js";
import { registerWinograd } from "../packages/webgpu/src/kernels/winograd.js";
import { absenceOfEngine } from "./absence-of-engine.js";
import { disc, stripes } from "./pictures.js";

const missing = await absenceOfEngine("webgpu", async () => (await startEngine("webgpu")).stop());

describe.skipIf(missing !== undefined)(`repeated steps${missing ? `, skipped: ${missing}` : ""}`, () => {
  let engine: Engine;
  let network: Network;
  beforeAll(async () => {
    engine = await startEngine("webgpu");
    ({ network } = await loadNetwork("compact"));
  });
  afterAll(async () => {
    network.dispose();
    await engine.stop();
  });

  type Options = Partial<StylizeOptions>;

  const shallow = { layers: ["relu1_1", "relu2_1"] };

  /** A run's losses at each step and its picture, the programs that were given at each step, and what it said. */
  async function painted(options: Options, repeats: boolean, read: (step: Step) => boolean = () => true) {
    const { recorder, ...without } = engine;
    const steps = stylize({
      engine: repeats ? engine : without,
      network,
      content: disc(24, 20),
      style: stripes(24, 24),
      terms: [contentLoss(shallow), styleLoss(shallow), tvLoss()],
      scales: [
        { size: 16, steps: 7 },
        { size: 24, steps: 7 },
      ],
      margin: 4,
      ...options,
    });
    const losses: unknown[] = [];
    const programs: number[] = [];
    const said: string[] = [];
    const wentBack: (readonly number[])[] = [];
    let allocated = 0;
    let picture: Picture | undefined;
    const given = countedPrograms();
    for (;;) {
      const before = given.count();
      const { done, value } = await steps.next();
      if (done) break;
      programs.push(given.count() - before);
      const { unrepeated, wentBack: back, index } = value;
      if (unrepeated !== undefined) said.push(unrepeated);
      if (back !== undefined) wentBack.push([index, back.to]);
      if (read(value)) losses.push(await value.losses());
      if (value.last) picture = await value.picture();
      allocated = Math.max(allocated, numbersOfGpu().allocated);
    }
    given.stop();
    return { same: { losses, picture, wentBack }, programs, said, allocated };
  }

  /** Paints both ways, and expects the same to the last bit. */
  async function expectSame(options: () => Options, read?: (step: Step) => boolean) {
    const anew = await painted(options(), false, read);
    // The network has made its filters.
    const before = numbersOfGpu();
    const repeated = await painted(options(), true, read);
    expect(numbersOfGpu().tensors).toBe(before.tensors);
    expect(repeated.same).toEqual(anew.same);
    return { repeated, anew };
  }

  /** Whether no program was given from the fourth step of each scale on. */
  function expectRepeated({ programs, said }: Awaited<ReturnType<typeof painted>>, of = [7, 7]) {
    expect(said).toEqual([]);
    let first = 0;
    for (const steps of of) {
      expect(Math.min(...programs.slice(first, first + 3))).toBeGreaterThan(30);
      expect(programs.slice(first + 3, first + steps - 1)).toEqual(new Array(steps - 4).fill(0));
      first += steps;
    }
  }

  it("give the same losses and pictures, in less memory, at each of two scales", async () => {
    const { repeated, anew } = await expectSame(() => ({}));
    expectRepeated(repeated);
    expect(repeated.allocated).toBeLessThanOrEqual(anew.allocated);
  });

  it("are the same with every loss, masks, and weights that change in between", async () => {
    const { repeated } = await expectSame(() => {
      let step = 0;
      return {
        style: [
          { picture: stripes(24, 24), contentMask: ramp(24, 20) },
          { picture: disc(20, 24), weight: 2, styleMask: ramp(20, 24) },
        ],
        terms: [
          contentLoss({ ...shallow, reduction: "relative" }),
          styleLoss({ ...shallow, weight: 2 }),
          wassersteinLoss(shallow),
          momentsLoss(shallow),
          laplacianLoss(),
          tvLoss({ weight: 3 }),
        ],
        weights: () => (++step > 5 ? { style: 7, tv: 0 } : {}),
        optimizer: clamped(adam({ learningRate: 0.05 })),
        init: "noise",
        scales: [{ size: 24, steps: 8 }],
      };
    });
    expectRepeated(repeated, [8]);
  });

  it.each([
    ["histogram", () => histogramLoss(shallow)],
    ["nearest", () => nearestLoss(shallow)],
  ] as const)("are the same with the loss %s", async (_, loss) => {
    const { repeated } = await expectSame(() => ({
      terms: [contentLoss(shallow), loss()],
      scales: [{ size: 16, steps: 6 }],
    }));
    expectRepeated(repeated, [6]);
  });

  it("are the same with the kernels for real GPUs", async () => {
    const undo = [registerWinograd("webgpu", { operations: 0 }), registerGram("webgpu")];
    try {
      const { repeated } = await expectSame(() => ({
        terms: [contentLoss(), styleLoss({ layers: ["relu1_1", "relu2_1", "relu3_1"] })],
        content: disc(40, 36),
        scales: [{ size: 40, steps: 6 }],
      }));
      expectRepeated(repeated, [6]);
    } finally {
      for (const one of undo.toReversed()) one();
    }
  });

  it("are the same where losses are read at a check alone, and the run goes back from what is not finite", async () => {
    const runaway: LossTerm = {
      name: "runaway",
      weight: 1e6,
      layers: ["image"],
      prepare: () => [],
      // Falls the further the image is from black, up to 500, and is not finite beyond.
      loss: ({ image }) => tf.mean(tf.log(tf.sub(500, tf.abs(image as tf.Tensor)))) as tf.Scalar,
    };
    const { repeated } = await expectSame(
      () => ({
        terms: [runaway, tvLoss()],
        optimizer: adam({ learningRate: 40 }),
        scales: [{ size: 16, steps: 64 }],
      }),
      ({ index }) => index === 64,
    );
    expect(repeated.said).toEqual([]);
    // With half the rate, steps are recorded anew.
    expect(repeated.programs.slice(3, 15)).toEqual(new Array(12).fill(0));
    expect(repeated.programs.slice(19, 31)).toEqual(new Array(12).fill(0));
    expect(repeated.same.wentBack).toEqual([
      [17, 0],
      [49, 31],
    ]);
  });

  it("are the same with a loss of one's own, of plain operations", async () => {
    const edges: LossTerm<tf.Tensor> = {
      name: "edges",
      weight: 3,
      layers: ["relu1_1", "image"],
      prepare: ({ styles }) => tf.mean(styles[0]?.features.relu1_1 as tf.Tensor4D, [0, 1, 2]),
      loss({ relu1_1, image }, target) {
        const rows = tf.gather(image as tf.Tensor4D, [0, 2, 4], 1);
        const off = tf.sub(tf.mean(relu1_1 as tf.Tensor4D, [0, 1, 2]), target);
        return tf.add(tf.sum(tf.square(off)), tf.mean(tf.square(tf.sub(rows, 0.25))));
      },
    };
    const { repeated } = await expectSame(() => ({
      terms: [edges, tvLoss()],
      scales: [{ size: 16, steps: 6 }],
    }));
    expectRepeated(repeated, [6]);
  });

  const stateful = (change: (x: tf.Tensor, call: number) => tf.Tensor): LossTerm => {
    let call = 0;
    return {
      name: "own",
      weight: 1,
      layers: ["image"],
      prepare: () => [],
      loss: ({ image }) => tf.mean(tf.square(change(image as tf.Tensor, ++call))) as tf.Scalar,
    };
  };

  it.each([
    [
      "reads numbers back",
      "a step reads numbers back",
      () =>
        stateful((x) => {
          // What is read is freed before it arrives.
          x.data().catch(() => {});
          return x;
        }),
    ],
    [
      "differs from step to step",
      "its commands differ from step to step",
      () => stateful((x, call) => tf.sub(x, call / 10)),
    ],
    [
      "does more and more",
      "its commands differ from step to step",
      () =>
        stateful((x, call) => Array.from({ length: call }).reduce<tf.Tensor>((sum) => tf.mul(sum, 1.1), x)),
    ],
  ] as const)("are computed anew with a loss that %s, and the run says so once", async (_, reason, loss) => {
    const { repeated } = await expectSame(() => ({
      terms: [loss(), tvLoss()],
      scales: [{ size: 16, steps: 8 }],
    }));
    expect(repeated.said).toEqual([reason]);
    expect(Math.min(...repeated.programs)).toBeGreaterThan(10);
  });

  it("are computed anew with L-BFGS, and the run says so", async () => {
    for (const lineSearch of ["none", "strong-wolfe"] as const) {
      const { repeated } = await expectSame(() => ({
        optimizer: lbfgs({ lineSearch, history: 2 }),
        scales: [{ size: 16, steps: 8 }],
      }));
      expect(repeated.said).toHaveLength(1);
    }
  });

  it("are recorded anew once a tensor is gone that a loss has kept", async () => {
    let held: tf.Tensor | undefined;
    const keeping = () =>
      stateful((x) => {
        if (held === undefined || held.isDisposed) held = tf.keep(tf.square(tf.fill([1], 0.5)));
        return tf.sub(x, held);
      });
    const { repeated } = await expectSame(
      () => ({ terms: [keeping(), tvLoss()], scales: [{ size: 16, steps: 12 }] }),
      ({ index }) => {
        // After the recording, after a repetition, and at the end.
        if ([3, 8, 12].includes(index)) held?.dispose();
        return true;
      },
    );
    expect(repeated.said).toEqual([]);
    expect(repeated.programs.map((count) => count > 0)).toEqual([
      ...[true, true, true],
      ...[true, true, true, false, false],
      ...[true, true, true, false],
    ]);
  });

  it("leave a state that a run goes on from, and tensors that keep their values", async () => {
    const options = {
      network,
      content: disc(24, 20),
      style: stripes(24, 24),
      terms: [contentLoss(shallow), tvLoss()],
    };
    const scales = [
      { size: 16, steps: 8 },
      { size: 24, steps: 6 },
    ];
    let state: RunState | undefined;
    const paint = async (resume?: RunState) => {
      let picture: Picture | undefined;
      for await (const step of stylize({
        ...options,
        engine,
        scales,
        margin: 0,
        ...(resume && { resume }),
      })) {
        if (step.index === 6) state = await step.state();
        if (step.last) picture = await step.picture();
      }
      return picture;
    };
    const whole = await paint();
    expect(await paint(state)).toEqual(whole);
  });

  it("give their memory back, however a run ends", async () => {
    const before = numbersOfGpu();
    for await (const step of stylize({
      engine,
      network,
      content: disc(24, 20),
      style: stripes(24, 24),
      terms: [contentLoss(shallow), tvLoss()],
      scales: [{ size: 24, steps: 20 }],
    }))
      if (step.index === 6) break;
    await engine.settle();
    engine.trim();
    expect(numbersOfGpu()).toEqual({ ...before, allocated: expect.any(Number) });
    expect(numbersOfGpu().allocated).toBeLessThanOrEqual(before.allocated);
  });
});

describe.skipIf(missing !== undefined)("a device that is lost while steps are repeated", () => {
  it("ends the run", async () => {
    const engine = await startEngine("webgpu");
    try {
      const { network } = await loadNetwork("compact");
      const painting = (async () => {
        for await (const step of stylize({
          engine,
          network,
          content: disc(16, 16),
          style: stripes(16, 16),
          terms: [contentLoss({ layers: ["relu1_1"] }), tvLoss()],
          scales: [{ size: 16, steps: 10_000 }],
        }))
          if (step.index === 6) (tf.backend() as unknown as { readonly device: GPUDevice }).device.destroy();
      })();
      await expect(painting).rejects.toMatchObject({
        name: "DeviceLost",
        message: expect.stringMatching(/was lost/),
      });
    } finally {
      await engine.stop();
    }
  });
});

/** Brighter from left to right. */
function ramp(width: number, height: number): Picture {
  const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round((255 * ((i >> 2) % width)) / (width - 1)),
  );
  return { width, height, data };
}

function numbersOfGpu() {
  const { numTensors, numBytesInGPU, numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & {
    readonly numBytesInGPU: number;
    readonly numBytesAllocatedInGPU: number;
  };
  return { tensors: numTensors, used: numBytesInGPU, allocated: numBytesAllocatedInGPU };
}

/** Counts the programs that the backend is given. */
function countedPrograms() {
  const backend = tf.backend() as unknown as { runWebGPUProgram(...all: unknown[]): unknown };
  const { runWebGPUProgram } = backend;
  let count = 0;
  backend.runWebGPUProgram = (...all) => {
    count++;
    return runWebGPUProgram.apply(backend, all);
  };
  return {
    count: () => count,
    stop() {
      backend.runWebGPUProgram = runWebGPUProgram;
    },
  };
}
