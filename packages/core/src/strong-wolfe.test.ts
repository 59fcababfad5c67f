import { expect, it } from "vitest";
import { judgedTrial, newSearch } from "./strong-wolfe.js";

interface Curve {
  readonly loss: (at: number) => number;
  readonly slope: (at: number) => number;
}

/** The points that are tried along a curve, and the one that the search ends with. */
function searched({ loss, slope }: Curve, first: number) {
  const line = { loss: loss(0), slope: slope(0), reach: 1 };
  const tried: number[] = [];
  let [at, search] = [first, newSearch];
  for (;;) {
    tried.push(at);
    const verdict = judgedTrial(line, search, { at, loss: loss(at), slope: slope(at) });
    if (verdict.next === "accept") return { tried, end: at };
    if (verdict.next === "return") return { tried, end: verdict.at };
    ({ at, search } = verdict);
  }
}

/** −t / (t² + 2), whose minimum is far from a small first trial (Moré & Thuente 1994, function 1). */
const far: Curve = { loss: (t) => -t / (t ** 2 + 2), slope: (t) => (t ** 2 - 2) / (t ** 2 + 2) ** 2 };

/** u⁵ − 2u⁴ with u = t + 0.004 (Moré & Thuente 1994, function 2). */
const quintic: Curve = {
  loss: (t) => (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
  slope: (t) => 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
};

/** A corner at 0.7, where no slope is flat. */
const corner: Curve = {
  loss: (t) => (t > 0.7 ? 2 * (t - 0.7) : 0.7 - t),
  slope: (t) => (t > 0.7 ? 2 : -1),
};

const wavy: Curve = {
  loss: (t) => Math.cos(7 * t) / 7 - t + 0.3 * t ** 2,
  slope: (t) => -Math.sin(7 * t) - 1 + 0.6 * t,
};

/** Rises from its start, against the slope there. */
const rising: Curve = { loss: (t) => 999_999 * t, slope: (t) => (t > 0 ? 999_999 : -1) };

// The points of `_strong_wolfe` in PyTorch 2's torch/optim/lbfgs.py, in float64, with a direction of length 1 and the
// functions above differentiated by autograd.
it.each<[string, Curve, first: number, tried: readonly number[], end: number]>([
  ["looks farther away", far, 0.001, [0.001, 0.01, 0.1, 0.8230493061], 0.8230493061],
  ["accepts what satisfies the conditions", far, 10, [10], 10],
  [
    "narrows an interval down",
    quintic,
    1,
    [1, 1.01, 2.070132948, 1.585361181, 1.597827416, 1.5959999, 1.596],
    1.596,
  ],
  ["looks back and forth", wavy, 1, [1, 5.505, 1.784342913], 1.784342913],
  ["begins with too far a point", wavy, 1000, [1000, 1.663862718], 1.663862718],
  [
    "ends with an earlier point once the interval is narrow",
    corner,
    1,
    [
      1, 0.6169270198, 0.6686334723, 0.7034021527, 0.6952636935, 0.6989691312, 0.6995900062, 0.6999996971,
      0.7003036349, 0.7000300909, 0.7000024551, 0.6999999948, 0.7000002153, 0.7000000168, 0.6999999979,
      0.6999999999, 0.7000000015, 0.7000000001,
    ],
    0.6999999999,
  ],
  [
    "ends after 25 more points, with the lowest of them",
    far,
    1000,
    [
      1000, 333.335, 666.6675, 500.00125, 416.668125, 375.0015625, 354.1682813, 343.7516406, 338.5433203,
      335.9391602, 334.6370801, 333.98604, 333.66052, 333.49776, 333.41638, 333.37569, 333.355345,
      333.3451725, 333.3400863, 333.3375431, 333.3362716, 333.3356358, 333.3353179, 333.3351589, 333.3350795,
      333.335008,
    ],
    333.335,
  ],
  [
    "ends where it began if nothing is lower",
    rising,
    1,
    [1, 2.500000469e-7, 2.500000469e-8, 6.250002345e-15],
    0,
  ],
])("%s, as PyTorch does", (_, curve, first, tried, end) => {
  const found = searched(curve, first);
  expect(found.tried).toHaveLength(tried.length);
  tried.forEach((at, i) => {
    expect(Math.abs(found.tried[i]! / at - 1), `point ${i}, ${found.tried[i]}`).toBeLessThan(1e-6);
  });
  expect(found.end).toBeCloseTo(end, 8);
});

// Halves of 8 until 1, where the loss is a number and has fallen by enough.
it.each([Number.NaN, Number.POSITIVE_INFINITY])("comes back from where the loss is %s", (loss) => {
  const cliff: Curve = { loss: (t) => (t > 1.5 ? loss : -t), slope: (t) => (t > 1.5 ? loss : -0.5) };
  const line = { loss: 0, slope: -1, reach: 1 };
  const tried: number[] = [];
  let verdict = judgedTrial(line, newSearch, { at: 8, loss, slope: loss });
  while (verdict.next === "try") {
    const { at, search } = verdict;
    tried.push(at);
    verdict = judgedTrial(line, search, { at, loss: cliff.loss(at), slope: cliff.slope(at) });
  }
  expect(tried).toEqual([4, 2, 1]);
  expect(verdict).toEqual({ next: "accept" });
});
