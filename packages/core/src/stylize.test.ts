import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { DeviceLost } from "./errors.js";
import type { LossTerm } from "./loss.js";
import type { Features } from "./network.js";
import type { Optimizer } from "./optimizer.js";
import type { Picture } from "./picture.js";
import type { StylizeOptions } from "./run-options.js";
import { bareEngine, distance, doublingNetwork, pictureOf } from "./stylize.fixture.js";
import { stylize } from "./stylize.js";

const content = pictureOf(12, 8, (x, y) => [x * 20, y * 30, 100]);
const style = pictureOf(6, 6, () => [200, 100, 50]);

const options = (changes: Partial<StylizeOptions> = {}): StylizeOptions => ({
  engine: bareEngine(),
  network: doublingNetwork(),
  content,
  style,
  terms: [distance("style")],
  optimizer: adam({ learningRate: 0.1 }),
  scales: [{ size: 12, steps: 4 }],
  margin: 2,
  ...changes,
});

/** Paints nothing. */
const still: Optimizer<number> = {
  name: "still",
  init: () => 0,
  step: (image, state) => ({ image: tf.add(image, 0), state }),
};

async function finished(changes: Partial<StylizeOptions> = {}) {
  const run = stylize(options(changes));
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

let tensorsBefore = 0;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
  return () => {
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  };
});

describe("what it paints", () => {
  it("reaches the objective's minimum, which is the style's colour", async () => {
    const picture = await finished({ scales: [{ size: 12, steps: 80 }] });
    expect([picture.width, picture.height]).toEqual([12, 8]);
    for (let i = 0; i < picture.data.length; i += 4)
      for (const [c, value] of [200, 100, 50].entries())
        expect(Math.abs((picture.data[i + c] ?? 0) - value)).toBeLessThan(6);
  });

  it("stays at the content when that is the objective", async () => {
    expect(await finished({ terms: [distance("content")] })).toEqual(content);
  });

  it("weighs terms: the minimum lies between style and content by their weights", async () => {
    const terms = [distance("content", { weight: 3 }), distance("style", { weight: 1 })];
    const { data } = await finished({ terms, scales: [{ size: 12, steps: 120 }] });
    // Pixel (11, 0) of the content is (220, 0, 100): ¾ of it and ¼ of (200, 100, 50).
    const [red = 0, green = 0, blue = 0] = data.slice(11 * 4, 11 * 4 + 3);
    expect(Math.abs(red - 215)).toBeLessThan(5);
    expect(Math.abs(green - 25)).toBeLessThan(5);
    expect(Math.abs(blue - 87.5)).toBeLessThan(5);
  });

  it("gives a term the picture itself as the layer image", async () => {
    const network = doublingNetwork({
      forward: () => {
        throw new Error("Expected the network not to be asked.");
      },
      features: () => {
        throw new Error("Expected the network not to be asked.");
      },
    });
    const terms = [distance("content", { layer: "image" })];
    expect(await finished({ network, terms })).toEqual(content);
  });

  it("averages several styles by their weights", async () => {
    const blend: LossTerm<tf.Tensor> = {
      ...distance("style"),
      prepare: ({ styles }) =>
        tf.addN(
          styles.map(({ features, weight }) =>
            tf.mul(tf.mean(features.double as tf.Tensor, [0, 1, 2]), weight),
          ),
        ),
    };
    const white = pictureOf(4, 4, () => [255, 255, 255]);
    const black = pictureOf(4, 4, () => [0, 0, 0]);
    const { data } = await finished({
      terms: [blend],
      style: [{ picture: white, weight: 3 }, { picture: black }],
      scales: [{ size: 12, steps: 100 }],
    });
    expect(Math.abs((data[0] ?? 0) - 191)).toBeLessThan(6);
  });

  it("leaves a style of weight 0 out, be it the first", async () => {
    const white = { picture: pictureOf(4, 4, () => [255, 255, 255]), weight: 0 };
    const alone = await finished();
    expect(await finished({ style: [{ picture: style, weight: 0.3 }, white] })).toEqual(alone);
    expect(await finished({ style: [white, { picture: style }], init: "style" })).toEqual(
      await finished({ init: "style" }),
    );
  });

  it.each(["__proto__", "constructor", "toString"])("takes a term called %s as any other", async (name) => {
    const terms = [distance("content", { weight: 3 }), distance("style", { name })];
    const usual = [distance("content", { weight: 3 }), distance("style")];
    expect(await finished({ terms })).toEqual(await finished({ terms: usual }));
    for await (const step of stylize(options({ terms, scales: [{ size: 12, steps: 1 }] }))) {
      const losses = await step.losses();
      expect(Object.keys(losses)).toEqual(["content", name, "total"]);
      expect(losses[name]).toBeGreaterThan(0);
    }
    // Of weight 0, it would change nothing.
    const weights = () => Object.fromEntries([[name, 0]]);
    expect(await finished({ terms, weights })).toEqual(content);
  });

  it("carries the content's alpha over", async () => {
    const cut = pictureOf(12, 8, (x) => [10, 20, 30, x < 6 ? 0 : 255]);
    const { data } = await finished({ content: cut });
    expect([data[3], data[11 * 4 + 3]]).toEqual([0, 255]);
  });

  it("begins with noise that only the seed decides", async () => {
    const noisy = { init: "noise", optimizer: still } as const;
    const [first, again, other] = [
      await finished(noisy),
      await finished(noisy),
      await finished({ ...noisy, seed: 1 }),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("begins with the middle of the style, or with a picture", async () => {
    const stripes = pictureOf(8, 8, (_, y) => [y < 4 ? 0 : 255, 0, 0]);
    const { data } = await finished({ optimizer: still, init: "style", style: stripes });
    expect([data[0], data[(7 * 12 + 11) * 4]]).toEqual([0, 255]);
    expect(await finished({ optimizer: still, init: content })).toEqual(content);
  });

  describe("of pictures of other shapes", () => {
    /** Black, with a white disc in its middle. */
    const disc = (width: number, height: number) =>
      pictureOf(width, height, (x, y) => {
        const inside = Math.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2) < Math.min(width, height) / 4;
        return inside ? [255, 255, 250] : [0, 0, 20];
      });
    /** Width and height of a picture's white part. */
    const extent = ({ width, data }: Picture) => {
      const white = Array.from({ length: data.length / 4 }, (_, i) => i).filter(
        (i) => (data[i * 4] ?? 0) > 127,
      );
      const side = (of: readonly number[]) => Math.max(...of) - Math.min(...of) + 1;
      return [side(white.map((i) => i % width)), side(white.map((i) => Math.floor(i / width)))];
    };
    const painted = (changes: Partial<StylizeOptions>) => finished({ optimizer: still, ...changes });

    it.each([
      // The disc's diameter is half the content's height, 20 of 40, which becomes 60, 20 and 60.
      { fit: "cover", size: [30, 60], disc: [30, 30] },
      { fit: "contain", size: [30, 20], disc: [10, 10] },
      { fit: "stretch", size: [30, 60], disc: [10, 30] },
    ] as const)("$fit: the content in a size", async ({ fit, size, disc: expected }) => {
      const picture = await painted({ content: disc(60, 40), scales: [{ size: [30, 60], steps: 1 }], fit });
      expect([picture.width, picture.height]).toEqual(size);
      expect(extent(picture)).toEqual(expected);
    });

    it.each([
      // A start of 32×64, whose disc measures 16, on a content of 60×40: it becomes 60×120, 20×40 and 60×40.
      { fit: "cover", disc: [30, 30] },
      { fit: "contain", disc: [10, 10] },
      { fit: "stretch", disc: [30, 10] },
    ] as const)("$fit: what it starts from on the content", async ({ fit, disc: expected }) => {
      const blue = pictureOf(60, 40, () => [0, 0, 200]);
      const scales = [{ size: 60, steps: 1 }];
      const picture = await painted({ content: blue, init: disc(32, 64), scales, fit });
      expect(extent(picture)).toEqual(expected);
      // At the left edge, the content shows round a start that is contained.
      expect(picture.data[20 * 60 * 4 + 2]).toBe(fit === "contain" ? 200 : 20);
    });

    it("covers alike with colours and alpha", async () => {
      const cut = pictureOf(60, 20, (x) => (x < 30 ? [200, 0, 0] : [0, 0, 200, 0]));
      const { data } = await painted({ content: cut, scales: [{ size: [20, 20], steps: 1 }] });
      expect([...data.slice(0, 4)]).toEqual([200, 0, 0, 255]);
      expect(data[19 * 4 + 3]).toBe(0);
    });

    it.each(["cover", "stretch"] as const)("%s: the shape of the strokes", async (fit) => {
      const shapes: (readonly number[])[] = [];
      const term: LossTerm<tf.Tensor> = {
        ...distance("style"),
        prepare(sources) {
          shapes.push(...sources.styles.map(({ features }) => features.double?.shape ?? []));
          return distance("style").prepare(sources) as tf.Tensor;
        },
      };
      await painted({ terms: [term], style: disc(40, 20), scales: [{ size: [30, 60], steps: 1 }], fit });
      expect(shapes).toEqual([fit === "cover" ? [1, 30, 60, 3] : [1, 60, 30, 3]]);
    });
  });

  describe("of grey pictures", () => {
    const grey = pictureOf(12, 8, (x, y) => [x * 20, x * 20, x * 20 + (y % 2)]);
    /** A network that sees the channels unlike: its gradient pulls red up and blue down. */
    const unlike = doublingNetwork({
      forward: (image) => {
        const double = tf.mul<tf.Tensor4D>(image, 2);
        return {
          features: { double },
          backward: (gradient) =>
            tf.tidy(() => tf.mul(gradient("double") ?? tf.zerosLike(image), tf.tensor1d([2, 1, -0.5]))),
          dispose: () => double.dispose(),
        };
      },
    });
    const spread = ({ data }: Picture) =>
      Math.max(
        ...Array.from({ length: data.length / 4 }, (_, i) => {
          const pixel = [...data.slice(4 * i, 4 * i + 3)];
          return Math.max(...pixel) - Math.min(...pixel);
        }),
      );
    const scales = [
      { size: 8, steps: 3 },
      { size: 12, steps: 3 },
    ];

    it.each(["content", "style", "noise"] as const)("is grey, from %s", async (init) => {
      const asked = {
        network: unlike,
        content: grey,
        style: grey,
        optimizer: averaged(adam()),
        scales,
        init,
      };
      expect(spread(await finished(asked))).toBeLessThanOrEqual(1);
      const red = pictureOf(6, 6, () => [200, 100, 50]);
      expect(spread(await finished({ ...asked, style: red }))).toBeGreaterThan(30);
    });

    it("is grey, from a picture in colour", async () => {
      expect(spread(await finished({ network: unlike, content: grey, style: grey, init: content }))).toBe(0);
    });

    it("moves: grey content takes on the style's grey", async () => {
      const light = pictureOf(6, 6, () => [200, 200, 200]);
      const { data } = await finished({ content: grey, style: light, scales: [{ size: 12, steps: 80 }] });
      expect(Math.abs((data[0] ?? 0) - 200)).toBeLessThan(6);
    });

    it("has the colour that a loss on the image itself asks for", async () => {
      const red: LossTerm<tf.Tensor> = {
        ...distance("style", { layer: "image" }),
        prepare: () => tf.tensor1d([1, 0, 0]),
      };
      const { data } = await finished({
        content: grey,
        style: grey,
        terms: [red],
        scales: [{ size: 12, steps: 80 }],
      });
      expect(data[0]).toBeGreaterThan(245);
      expect(data[1]).toBeLessThan(10);
    });
  });

  it("sees each size's content through its scales, coarse to fine", async () => {
    const sizes: string[] = [];
    for await (const step of stylize(
      options({
        scales: [
          { size: 6, steps: 2 },
          { size: 12, steps: 1 },
        ],
        optimizer: averaged(adam()),
      }),
    ))
      sizes.push(`${step.index}/${step.total} ${step.width}×${step.height} ${step.last}`);
    expect(sizes).toEqual(["1/3 6×4 false", "2/3 6×4 false", "3/3 12×8 true"]);
  });

  it("keeps an image that is already right through a change of scale, margin and all", async () => {
    const flat = pictureOf(12, 8, () => [200, 100, 50]);
    const picture = await finished({
      content: flat,
      scales: [
        { size: 6, steps: 3 },
        { size: 12, steps: 3 },
      ],
    });
    expect(picture).toEqual(flat);
  });
});

describe("a change of scale", () => {
  const scales = [
    { size: 6, steps: 1 },
    { size: 12, steps: 1 },
  ];

  it("begins with what the optimizer carries over", async () => {
    const quarter = (image: tf.Tensor4D) => tf.fill<tf.Rank.R4>(image.shape, 0.25);
    const { data } = await finished({ scales, optimizer: { ...still, carried: quarter } });
    // 0.25 · 255 = 63.75
    expect(new Set(data)).toEqual(new Set([64, 255]));
  });

  it("begins with the image where the optimizer does not carry anything over", async () => {
    const flat = pictureOf(12, 8, () => [200, 100, 50]);
    const shown = (image: tf.Tensor4D) => tf.fill<tf.Rank.R4>(image.shape, 0.25);
    const run = stylize(options({ content: flat, scales, optimizer: { ...still, picture: shown } }));
    for await (const step of run) if (step.last) break;
    expect(await finished({ content: flat, scales, optimizer: still })).toEqual(flat);
  });
});

describe("steps", () => {
  it("report weighted losses before the step's update, and their total", async () => {
    const black = pictureOf(2, 2, () => [0, 0, 0]);
    const white = pictureOf(2, 2, () => [255, 255, 255]);
    // ½ · 2² at each of 2·2·3 values, times 3.
    for await (const step of stylize(
      options({
        content: black,
        style: white,
        margin: 0,
        scales: [{ size: 2, steps: 1 }],
        terms: [distance("style", { weight: 3 }), distance("content")],
      }),
    ))
      expect(await step.losses()).toEqual({ style: 72, content: 0, total: 72 });
  });

  it("read the same on the last step as the generator returns", async () => {
    const run = stylize(options());
    let last: unknown;
    for (;;) {
      const next = await run.next();
      if (next.done) {
        expect(next.value).toEqual(last);
        return;
      }
      last = await next.value.picture();
    }
  });

  it("refuse to be read once the next one has been requested", async () => {
    const run = stylize(options());
    const first = await run.next();
    await run.next();
    if (first.done) throw new Error("Expected a step.");
    await expect(first.value.losses()).rejects.toThrow("Expected step 1 to be read before the next one");
    await expect(first.value.picture()).rejects.toThrow("inside the loop");
    await run.return(content);
  });

  it("take changed weights at the next step", async () => {
    let weight = 1;
    const seen: number[] = [];
    const stopped: Optimizer = { name: "stopped", init: () => 0, step: (image) => ({ image, state: 0 }) };
    for await (const step of stylize(options({ optimizer: stopped, weights: () => ({ style: weight }) }))) {
      seen.push((await step.losses()).total ?? 0);
      weight *= 2;
    }
    const [first = 0] = seen;
    seen.forEach((value, i) => {
      expect(value / first).toBeCloseTo(2 ** i, 4);
    });
  });

  it("refuse an invalid weight in the middle of a run", async () => {
    await expect(finished({ weights: () => ({ style: Number.NaN }) })).rejects.toThrow(
      'Expected the weight of "style" to be 0 or more, got NaN.',
    );
  });
});

describe("weights that float32 has no room for", () => {
  const terms = (factor: number) => [
    distance("content", { weight: 0.5 * factor }),
    distance("style", { weight: 10 * factor }),
  ];
  const usual = { margin: 0, optimizer: adam({ learningRate: 0.05 }) };

  it.each([1e-300, 1e-45, 1e-30, 1e-12, 1e-6, 1e6, 1e19, 1e30, 1e38, 1e300])(
    "paint what usual ones in the same proportion do: %d",
    async (factor) => {
      const [expected, painted] = [
        await finished({ ...usual, terms: terms(1) }),
        await finished({ ...usual, terms: terms(factor) }),
      ];
      const differences = painted.data.map((byte, i) => Math.abs(byte - (expected.data[i] ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(2);
      expect(expected).not.toEqual(content);
    },
  );

  it.each([1e19, 1e30])("paint what one that outweighs the others does: %d", async (weight) => {
    const outweighing = (style: number) => [distance("content"), distance("style", { weight: style })];
    expect(await finished({ ...usual, terms: outweighing(weight) })).toEqual(
      await finished({ ...usual, terms: outweighing(1e12) }),
    );
  });

  it("are reported as they are", async () => {
    const lossesOf = async (factor: number) => {
      for await (const step of stylize(options({ terms: terms(factor) }))) return step.losses();
      throw new Error("Expected a step.");
    };
    const [usualLosses, large] = [await lossesOf(1), await lossesOf(1e30)];
    expect(large.content).toBe(0);
    expect((large.style ?? 0) / (usualLosses.style ?? 0) / 1e30).toBeCloseTo(1, 5);
    expect(large.total).toBe(large.style);
  });

  it.each([
    ["the largest", 5e5, 3e6],
    ["the smallest", 0.2, 0.04],
  ])("keep the picture moving as they cross %s", async (_, before, after) => {
    const atStep = async (last: number, factor: number) => {
      let step = 0;
      return finished({
        optimizer: adam({ learningRate: 0.01 }),
        weights: () => ({ style: (step++ < 5 ? before : after) * factor }),
        scales: [{ size: 12, steps: last }],
        margin: 0,
      });
    };
    const movement = async (factor: number) => {
      const [first, last] = [await atStep(25, factor), await atStep(40, factor)];
      return last.data.reduce((sum, byte, i) => sum + Math.abs(byte - (first.data[i] ?? 0)), 0);
    };
    // Weights of 500 to 3000, or of 20 to 4, in the same proportion.
    const usualMovement = await movement(before > 1 ? 1e-3 : 100);
    expect(usualMovement).toBeGreaterThan(1000);
    expect((await movement(1)) / usualMovement).toBeGreaterThan(0.7);
  });

  it("may come and go during a run", async () => {
    let step = 0;
    const { data } = await finished({
      weights: () => ({ style: step++ < 20 ? 1e-25 : 1e25 }),
      scales: [{ size: 12, steps: 80 }],
    });
    for (const [c, value] of [200, 100, 50].entries())
      expect(Math.abs((data[c] ?? 0) - value)).toBeLessThan(6);
  });
});

/** Σ x², with what its gradient needs saved, as TensorFlow.js's own operations save it. */
function squared(x: tf.Tensor): tf.Scalar {
  return tf.customGrad((y, save) => {
    (save as tf.GradSaveFunc)([y as tf.Tensor]);
    return {
      value: tf.sum(tf.square(y as tf.Tensor)) as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => tf.mul(dy, tf.mul(saved[0] as tf.Tensor, 2)),
    };
  })(x) as tf.Scalar;
}

describe("an optimizer that tries images", () => {
  /** Brightens by 0.1 at each evaluation and accepts every third image, the first one included. */
  const trying: Optimizer<number> = {
    name: "trying",
    init: () => 0,
    step: (image, evaluated) => ({
      image: tf.add(image, 0.1),
      state: evaluated + 1,
      accepted: evaluated % 3 === 0,
    }),
    picture: (image, evaluated) => tf.sub(image, 0.1 * (((evaluated - 1) % 3) + 1)),
    slower: () => trying,
  };
  const black = (width: number, height: number) => pictureOf(width, height, () => [0, 0, 0]);
  const painted = { optimizer: trying, content: black(12, 8), style: black(6, 6), margin: 0 };

  it("has the losses of the image that was accepted last, which its picture shows", async () => {
    const seen: (readonly [loss: number, value: number])[] = [];
    for await (const step of stylize(options(painted)))
      seen.push([(await step.losses()).total ?? 0, (await step.picture()).data[0] ?? 0]);
    expect(seen.slice(0, 3)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    // ½ · 12 · 8 · 3 · (2 · 0.3)² at the fourth evaluation; 0.3 of 255 is 76.5.
    expect(seen[3]?.[0]).toBeCloseTo(51.84, 3);
    expect([76, 77]).toContain(seen[3]?.[1]);
  });

  it("does not diverge by what it only tries", async () => {
    let evaluated = 0;
    const failing: LossTerm = {
      ...distance("style"),
      loss: (features) => {
        const factor = evaluated++ % 3 === 0 ? 0 : Number.NaN;
        return tf.customGrad((x) => ({
          value: tf.scalar(factor),
          gradFunc: () => tf.zerosLike(x as tf.Tensor),
        }))(features.double as tf.Tensor4D);
      },
    };
    const wentBack: unknown[] = [];
    const scales = [{ size: 12, steps: 60 }];
    for await (const step of stylize(options({ ...painted, terms: [failing], scales })))
      wentBack.push(step.wentBack);
    expect(wentBack).toEqual(new Array(60).fill(undefined));
  });

  // 32 accepted images are compared: those of the evaluations 1, 4 … 94.
  it("is stable once the images that it accepts are", async () => {
    const steady = { ...painted, style, optimizer: { ...trying, step: steadyStep }, untilStable: 1e-6 };
    const ends: number[] = [];
    for await (const step of stylize(options({ ...steady, scales: [{ size: 12, steps: 200 }] })))
      if (step.ends) ends.push(step.index);
    expect(ends).toEqual([94]);
  });

  const steadyStep: Optimizer<number>["step"] = (image, evaluated) => ({
    image: tf.add(image, 0),
    state: evaluated + 1,
    accepted: evaluated % 3 === 0,
  });

  it("is given what it asks for, and goes on from where it wants once weights change", async () => {
    const asked: number[][] = [];
    let changes = 0;
    const asking: Optimizer<number> = {
      ...still,
      asks: (image, state, { loss }) => [loss, tf.scalar(state), tf.max<tf.Scalar>(image)],
      step(image, state, at) {
        asked.push(Array.from(at.asked ?? []));
        return { image: tf.add(image, 0), state: state + 1 };
      },
      changed(image) {
        changes++;
        return { image: tf.add(image, 1), state: 10 };
      },
    };
    let weight = 1;
    for await (const step of stylize(
      options({ ...painted, optimizer: asking, weights: () => ({ style: weight }) }),
    )) {
      if (step.index === 2) weight = 2;
    }
    // A loss of ½ · 12 · 8 · 3 · 2², weighted with 2.
    expect(asked).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [1152, 10, 1],
      [1152, 11, 1],
    ]);
    expect(changes).toBe(1);
  });
});

describe("the end", () => {
  it("comes at a break, with everything freed", async () => {
    for await (const step of stylize(options())) if (step.index === 2) break;
  });

  it("comes at a break on the second scale", async () => {
    const scales = [
      { size: 6, steps: 2 },
      { size: 12, steps: 9 },
    ];
    for await (const step of stylize(options({ scales }))) if (step.index === 3) break;
  });

  it("comes when a timer aborts in mid-run", async () => {
    const controller = new AbortController();
    let steps = 0;
    const run = async () => {
      for await (const step of stylize(
        options({ signal: controller.signal, scales: [{ size: 12, steps: 100_000 }] }),
      )) {
        if (steps === 0) setTimeout(() => controller.abort());
        steps = step.index;
      }
    };
    await expect(run()).rejects.toMatchObject({ name: "AbortError" });
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(100_000);
  });

  it("throws the signal's own reason, or an AbortError where there is none", async () => {
    await expect(finished({ signal: { aborted: true, reason: new Error("tea time") } })).rejects.toThrow(
      "tea time",
    );
    await expect(finished({ signal: { aborted: true } })).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each(["prepare", "loss"] as const)("comes when a plugin's %s throws", async (where) => {
    const broken: LossTerm<tf.Tensor> = {
      ...distance("style"),
      [where]: () => {
        tf.ones([3]);
        throw new Error("broken plugin");
      },
    };
    await expect(finished({ terms: [distance("content"), broken] })).rejects.toThrow("broken plugin");
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    [
      "loss, after operations whose gradient keeps tensors",
      (x) => {
        squared(x);
        throw new Error("broken plugin");
      },
    ],
    [
      "gradient",
      (x) =>
        tf.customGrad((y) => ({
          value: squared(y as tf.Tensor),
          gradFunc: () => {
            throw new Error("broken plugin");
          },
        }))(squared(x)),
    ],
    ["loss, which is no scalar", (x) => tf.stack([squared(x), squared(x)])],
  ])("comes when a plugin's %s throws", async (_, value) => {
    const broken: LossTerm<tf.Tensor> = {
      ...distance("style"),
      loss: (features: Features) => value(features.double as tf.Tensor) as tf.Scalar,
    };
    await expect(finished({ terms: [distance("content"), broken] })).rejects.toThrow(
      /broken plugin|to be a scalar/,
    );
    // Nor does it disturb the next run.
    await finished();
  });

  it("comes when an optimizer throws on the second scale", async () => {
    const rule = adam();
    const broken: Optimizer = {
      ...rule,
      step(image, state, at) {
        if (image.shape[2] > 12) throw new Error("broken optimizer");
        return rule.step(image, state as never, at);
      },
    };
    const scales = [
      { size: 6, steps: 2 },
      { size: 12, steps: 2 },
    ];
    await expect(finished({ optimizer: broken, scales })).rejects.toThrow("broken optimizer");
  });

  it("comes when the device is lost", async () => {
    let lose: (reason: DeviceLost) => void = () => {};
    const engine = bareEngine({ lost: new Promise((resolve) => (lose = resolve)) });
    const run = async () => {
      for await (const step of stylize(options({ engine })))
        if (step.index === 2) lose(new DeviceLost("device lost", "bare"));
    };
    await expect(run()).rejects.toThrow("device lost");
  });

  it.each(["losses", "picture"] as const)(
    "comes when the device is lost as the last %s is read",
    async (reading) => {
      let lose: (reason: DeviceLost) => void = () => {};
      const engine = bareEngine({ lost: new Promise((resolve) => (lose = resolve)) });
      const run = async () => {
        for await (const step of stylize(options({ engine })))
          if (step.last) {
            const read = step[reading]();
            lose(new DeviceLost("device lost", "bare"));
            await read;
            throw new Error("It was read, perhaps as zeros.");
          }
      };
      await expect(run()).rejects.toThrow("device lost");
    },
  );
});

describe("a run until it is stable", () => {
  const stepsOf = async (changes: Partial<StylizeOptions>) => {
    const found: (readonly [index: number, total: number, scale: number])[] = [];
    for await (const step of stylize(options(changes)))
      if (step.ends) found.push([step.index, step.total, step.scale]);
    return found;
  };
  const scales = [
    { size: 6, steps: 50 },
    { size: 12, steps: 40 },
    { size: 12, steps: 20 },
  ];

  // Nothing changes: each scale ends as soon as there are 32 steps to compare.
  it("ends a scale whose loss does not fall any more, and counts the steps that are left", async () => {
    expect(await stepsOf({ optimizer: still, scales, untilStable: 1e-6 })).toEqual([
      [32, 92, 0],
      [64, 84, 1],
      [84, 84, 2],
    ]);
  });

  it("may end at the last scale, whose step is the last one", async () => {
    const last: boolean[] = [];
    for await (const step of stylize(
      options({ optimizer: still, scales: [{ size: 12, steps: 90 }], untilStable: 0.1 }),
    ))
      last.push(step.last);
    expect(last).toEqual([...Array(31).fill(false), true]);
  });

  it("goes on while the loss falls, and whenever nothing was said of it", async () => {
    // Far from the style at this rate, the loss falls by much more than a thousandth from 16 steps to the next.
    const falling = { optimizer: adam({ learningRate: 1e-3 }), scales: [{ size: 12, steps: 70 }] };
    expect(await stepsOf({ ...falling, untilStable: 1e-3 })).toEqual([[70, 70, 0]]);
    expect(await stepsOf({ optimizer: still, scales: [{ size: 12, steps: 70 }] })).toEqual([[70, 70, 0]]);
  });

  it("compares only steps with the same weights", async () => {
    let step = 0;
    const weights = () => ({ style: step++ < 20 ? 1 : 2 });
    expect(
      await stepsOf({ optimizer: still, scales: [{ size: 12, steps: 90 }], untilStable: 0.1, weights }),
    ).toEqual([[64, 64, 0]]);
  });

  it.each([0, -1, 1.5, Number.NaN])("is refused with %d", async (untilStable) => {
    await expect(finished({ untilStable })).rejects.toThrow(
      `Expected untilStable above 0, at most 1, got ${untilStable}.`,
    );
  });
});

describe("a run that diverges", () => {
  const reading = async (changes: Partial<StylizeOptions>, what: "losses" | "picture") => {
    for await (const step of stylize(options(changes))) await step[what]();
  };
  const grown = (factor: number): Optimizer => {
    const rule = adam();
    return {
      ...rule,
      step(image, state, at) {
        const next = rule.step(image, state as never, at);
        return { ...next, image: tf.mul(next.image, factor) };
      },
    };
  };

  it("is an error that names the term, the value and the step", async () => {
    const before = tf.memory().numTensors;
    // 1e30 in the first step's image squares to more than float32 holds in the second's loss.
    await expect(reading({ optimizer: grown(1e30), margin: 0 }, "losses")).rejects.toMatchObject({
      name: "Diverged",
      message: 'The loss "style" became Infinity at step 2: lower the weights or the learning rate.',
      term: "style",
      step: 2,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  /** A loss that is not finite from a step on, though the picture is. */
  const failingAt = (step: number, value: number): LossTerm<tf.Tensor> => {
    let calls = 0;
    return {
      ...distance("style"),
      loss: (features) =>
        tf.customGrad((x) => ({
          value: tf.scalar(++calls >= step ? value : 1),
          gradFunc: () => tf.zerosLike(x as tf.Tensor),
        }))(features.double as tf.Tensor),
    };
  };

  it.each([
    { what: "NaN", step: 3, value: Number.NaN },
    { what: "Infinity", step: 1, value: Number.POSITIVE_INFINITY },
    { what: "-Infinity", step: 4, value: Number.NEGATIVE_INFINITY },
  ])("is that error although nobody reads: $what", async ({ what, step, value }) => {
    await expect(
      finished({ terms: [distance("content"), failingAt(step, value)], scales: [{ size: 12, steps: 4 }] }),
    ).rejects.toMatchObject({
      name: "Diverged",
      message: `The loss "style" became ${what} at step ${step}: lower the weights or the learning rate.`,
      term: "style",
      step,
    });
  });

  it("ends soon although nobody reads", async () => {
    let last = 0;
    const run = async () => {
      const asked = options({ terms: [failingAt(5, Number.NaN)], scales: [{ size: 12, steps: 1000 }] });
      for await (const step of stylize(asked)) last = step.index;
    };
    // It is found at steps 16, 32 and 48, each time with another try, and at step 64 for the last time.
    await expect(run()).rejects.toMatchObject({ name: "Diverged", term: "style", step: 49 });
    expect(last).toBe(63);
  });

  it("ends at once when the optimizer cannot be made slower", async () => {
    const { slower: _, ...rule } = adam();
    const asked = { optimizer: rule, terms: [failingAt(5, Number.NaN)], scales: [{ size: 12, steps: 1000 }] };
    await expect(finished(asked)).rejects.toMatchObject({ name: "Diverged", term: "style", step: 5 });
  });

  /** Moves every value by the rate, and records the values that it is given. Its second scale starts from its image. */
  const moving = (rate: number, seen: number[], failing: (call: number) => boolean): Optimizer<number> => ({
    name: "moving",
    init: () => 0,
    step(image, state) {
      seen.push(Number((image.dataSync()[0] ?? 0).toFixed(4)));
      const moved = tf.add<tf.Tensor4D>(image, rate);
      return {
        image: failing(seen.length) ? tf.mul<tf.Tensor4D>(moved, Number.NaN) : moved,
        state: state + 1,
      };
    },
    slower: (factor) => moving(rate * factor, seen, failing),
  });

  // Values 0, 1, 2 … and, from the fourth step on, NaN. At step 16 that is found: back to 0, in steps of a half. At step 32
  // nothing is wrong, and the image before it, 7.5, is kept; the 40th step breaks again, which is found at step 48.
  it("goes back to the last image that was checked, with half the learning rate", async () => {
    const black = pictureOf(12, 8, () => [0, 0, 0]);
    const runOf = async (reads: boolean) => {
      const seen: number[] = [];
      const wentBack: unknown[] = [];
      const before = tf.memory().numTensors;
      for await (const step of stylize(
        options({
          content: black,
          margin: 0,
          optimizer: moving(1, seen, (call) => call === 3 || call === 40),
          scales: [{ size: 12, steps: 52 }],
        }),
      )) {
        if (reads) await step.losses().catch(() => {});
        if (step.wentBack) wentBack.push([step.index, step.wentBack.to, step.wentBack.because.step]);
      }
      expect(tf.memory().numTensors).toBe(before);
      return { seen, wentBack };
    };
    const { seen, wentBack } = await runOf(false);
    expect(wentBack).toEqual([
      [17, 0, 4],
      [49, 31, 41],
    ]);
    expect(seen.slice(0, 3)).toEqual([0, 1, 2]);
    expect(seen.slice(16, 20)).toEqual([0, 0.5, 1, 1.5]);
    expect(seen.slice(48)).toEqual([7.5, 7.75, 8, 8.25]);
    // Reading finds the divergence earlier, but changes nothing.
    expect(await runOf(true)).toEqual({ seen, wentBack });
  });

  it("goes back at the end of a scale, and paints the next one from there", async () => {
    const seen: number[] = [];
    const scales = [
      { size: 6, steps: 5 },
      { size: 12, steps: 3 },
    ];
    const optimizer = moving(1, seen, (call) => call === 5);
    const black = pictureOf(12, 8, () => [0, 0, 0]);
    const found: unknown[] = [];
    for await (const step of stylize(options({ content: black, margin: 0, optimizer, scales })))
      if (step.wentBack) found.push([step.index, step.wentBack.to, step.wentBack.because.problem]);
    expect(found).toEqual([[6, 0, "The picture became NaN at step 5"]]);
    expect(seen).toEqual([0, 1, 2, 3, 4, 0, 0.5, 1]);
  });

  it.each(["losses", "picture"] as const)(
    "names the step at which it began when %s are read later",
    async (what) => {
      const run = async () => {
        const asked = options({ terms: [failingAt(2, Number.NaN)], scales: [{ size: 12, steps: 9 }] });
        for await (const step of stylize(asked)) if (step.index === 7) await step[what]();
      };
      await expect(run()).rejects.toMatchObject({ name: "Diverged", term: "style", step: 2 });
    },
  );

  it("gives no black picture", async () => {
    await expect(reading({ optimizer: grown(Number.NaN) }, "picture")).rejects.toMatchObject({
      name: "Diverged",
      message: "The picture became NaN at step 1: lower the weights or the learning rate.",
      step: 1,
    });
  });
});

describe("a loss that core cannot differentiate", () => {
  it("gets an error about the missing gradients", async () => {
    const plain: LossTerm<tf.Tensor> = {
      ...distance("style"),
      loss: (features) => tf.sum(features.double as tf.Tensor4D),
    };
    await expect(finished({ terms: [plain] })).rejects.toThrow('registered for the loss "style"');
  });

  it("gets an error that asks it to name only the layers it uses", async () => {
    const term: LossTerm<tf.Tensor> = { ...distance("style"), layers: ["double", "image"] };
    await expect(finished({ terms: [term] })).rejects.toThrow("name only the layers it uses");
  });

  it("gets an error when it is not a scalar", async () => {
    const term: LossTerm<tf.Tensor> = {
      ...distance("style"),
      loss: () => tf.ones([2]) as never,
    };
    await expect(finished({ terms: [term] })).rejects.toThrow("to be a scalar, got the shape [2]");
  });
});
