import type { MeasuredRow } from "./report.js";
import { isInSoftware } from "./software.js";
import { shareOfConvolution, type Table } from "./table.js";

type Rows = readonly MeasuredRow[];

interface Goal {
  readonly what: string;
  readonly aim: string;
  /** The reached value; undefined where the rows do not contain it. */
  readonly reached: (rows: Rows) => number | undefined;
  readonly shown: (value: number) => string;
}

const share = (value: number) => value.toFixed(2);
const times = (value: number) => `${value.toFixed(1)}×`;

/** The goals that were set before any code was written. They are ratios, which a noisy machine affects least. */
const goals: readonly Goal[] = [
  {
    what: "native, full precision, 512²: share of the best convolution rate",
    aim: "at least 0.60",
    reached: (rows) => row(rows, "native", 512)?.shareOfBestConvolution,
    shown: share,
  },
  {
    what: "native, fast precision, 512², against full precision, on a CPU with AMX",
    aim: "at least 1.8×",
    reached(rows) {
      const [full, fast] = [row(rows, "native", 512), row(rows, "native", 512, "fast")];
      return full && fast && full.msPerStep / fast.msPerStep;
    },
    shown: times,
  },
  {
    what: "wasm, 256²: share of its own forward convolution rate",
    aim: "at least 0.90",
    reached: (rows) => row(rows, "wasm", 256)?.shareOfForward,
    shown: share,
  },
  {
    what: "wasm, 128², against plain tf.grad on wasm",
    aim: "at least 5×",
    reached: (rows) => row(rows, "wasm", 128)?.timesPlainGrad ?? undefined,
    shown: times,
  },
  {
    what: "webgpu on a software adapter, 128², against plain tf.grad on it",
    aim: "at least 2×",
    reached: (rows) =>
      row(
        rows.filter(({ device }) => isInSoftware(device)),
        "webgpu",
        128,
      )?.timesPlainGrad ?? undefined,
    shown: times,
  },
  {
    what: "everything that is not a convolution, native, 512²",
    aim: "at most 20 %",
    reached(rows) {
      const profile = row(rows, "native", 512)?.profile;
      return profile && 1 - shareOfConvolution(profile);
    },
    shown: (value) => `${Math.round(100 * value)} %`,
  },
];

/** The goals with the values that these rows reached. */
export function goalTable(rows: Rows): Table {
  const found = goals.flatMap(({ what, aim, reached, shown }) => {
    const value = reached(rows);
    return value === undefined ? [] : [[what, aim, shown(value)]];
  });
  return [["what", "to reach", "reached"], ...found];
}

function row(rows: Rows, engine: string, size: number, precision = "full"): MeasuredRow | undefined {
  return rows.find((one) => one.engine === engine && one.size === size && one.precision === precision);
}
