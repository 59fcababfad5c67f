/** What L-BFGS can be asked for; `LbfgsOptions.lineSearch` explains each. */
export const lineSearches = ["none", "strong-wolfe"] as const;

/** A point on the line that is searched. */
export type LinePoint = {
  /** Distance along the direction, in units of its length. */
  readonly at: number;
  readonly loss: number;
  /** Derivative of the loss along the direction. */
  readonly slope: number;
};

/** A line, and where it starts. */
export interface Line {
  readonly loss: number;
  /** Derivative of the loss along the direction, below 0. */
  readonly slope: number;
  /** The largest absolute value in the direction. */
  readonly reach: number;
}

/** A search that has more points to try. */
export type LineSearch = {
  /** How many points were chosen since the first one. */
  readonly chosen: number;
  /** The point before the present one, while the search still looks for an interval. */
  readonly before?: LinePoint;
  /** The interval that has a point to accept in it, from then on. */
  readonly interval?: LinePoint[];
  /** Whether the present point was chosen near an end of the interval. */
  readonly nearEnd: boolean;
};

/** What follows from a point that was tried. */
export type LineVerdict =
  | { readonly next: "accept" }
  | { readonly next: "try"; readonly at: number; readonly search: LineSearch }
  /** The search is over, and an earlier point was better than the one just tried. */
  | { readonly next: "return"; readonly at: number };

/** Sufficient decrease: the share of the decrease that the slope at the start promises. */
const decrease = 1e-4;

/** Curvature: the share of the slope at the start that may be left. */
const flatness = 0.9;

const mostChosen = 25;

/** The least width of an interval, times the direction's largest absolute value. */
const leastWidth = 1e-9;

/** A search before its first point. */
export const newSearch: LineSearch = { chosen: 0, nearEnd: false };

/**
 * One trial of a line search for a point that satisfies the strong Wolfe conditions: the loss has decreased enough, and
 * the slope is flat enough. It first looks farther and farther away for an interval that has such a point in it, and then
 * narrows the interval down by cubic interpolation, up to 25 times in all. It takes the decisions of
 * `torch.optim.LBFGS` with `line_search_fn="strong_wolfe"`. A loss that is not finite counts as too high.
 *
 * @param tried the point that was just evaluated
 * @see Nocedal & Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6
 */
export function judgedTrial(line: Line, search: LineSearch, tried: LinePoint): LineVerdict {
  const finite = Number.isFinite(tried.loss) && Number.isFinite(tried.slope);
  const point = finite ? tried : { at: tried.at, loss: Number.MAX_VALUE, slope: 0 };
  return search.interval === undefined ? outwards(line, search, point) : inwards(line, search, point);
}

function outwards(line: Line, { chosen, before: last }: LineSearch, point: LinePoint): LineVerdict {
  const before = last ?? startOf(line);
  if (chosen === mostChosen) return ended([startOf(line), point], point);
  if (isTooHigh(line, point) || (chosen > 1 && point.loss >= before.loss))
    return narrowed(line, [before, point], point, chosen, false);
  if (isFlat(line, point)) return { next: "accept" };
  if (point.slope >= 0) return narrowed(line, [before, point], point, chosen, false);
  const least = point.at + 0.01 * (point.at - before.at);
  const at = cubicMinimum(before, point, [least, 10 * point.at]);
  return { next: "try", at, search: { chosen: chosen + 1, before: point, nearEnd: false } };
}

function inwards(line: Line, search: LineSearch, point: LinePoint): LineVerdict {
  const { chosen, interval, nearEnd } = search;
  const [a, b] = interval as [LinePoint, LinePoint];
  const [low, high] = a.loss <= b.loss ? [a, b] : [b, a];
  // Where equal losses leave open which point is the lower one, the order decides, as it does in PyTorch.
  const ordered = (newLow: LinePoint, newHigh: LinePoint) =>
    low === a ? [newLow, newHigh] : [newHigh, newLow];
  if (isTooHigh(line, point) || point.loss >= low.loss)
    return narrowed(line, ordered(low, point), point, chosen, nearEnd);
  if (isFlat(line, point)) return { next: "accept" };
  const isBeyond = point.slope * (high.at - low.at) >= 0;
  return narrowed(line, ordered(point, isBeyond ? low : high), point, chosen, nearEnd);
}

/** The next point within an interval. @param point the one just tried, an end of the interval */
function narrowed(
  line: Line,
  interval: LinePoint[],
  point: LinePoint,
  chosen: number,
  nearEnd: boolean,
): LineVerdict {
  const [a, b] = interval as [LinePoint, LinePoint];
  const [least, most] = a.at <= b.at ? [a.at, b.at] : [b.at, a.at];
  if (chosen === mostChosen || (most - least) * line.reach < leastWidth) return ended(interval, point);
  const at = cubicMinimum(a, b, [least, most]);
  const tenth = 0.1 * (most - least);
  const isNear = Math.min(most - at, at - least) < tenth;
  const moves = isNear && (nearEnd || at >= most || at <= least);
  const inside = Math.abs(at - most) < Math.abs(at - least) ? most - tenth : least + tenth;
  return {
    next: "try",
    at: moves ? inside : at,
    search: { chosen: chosen + 1, interval, nearEnd: isNear && !moves },
  };
}

/** The lower end of an interval. */
function ended(interval: readonly LinePoint[], point: LinePoint): LineVerdict {
  const [a, b] = interval as [LinePoint, LinePoint];
  const { at } = a.loss <= b.loss ? a : b;
  return at === point.at ? { next: "accept" } : { next: "return", at };
}

function startOf({ loss, slope }: Line): LinePoint {
  return { at: 0, loss, slope };
}

function isTooHigh(line: Line, { at, loss }: LinePoint): boolean {
  return loss > line.loss + decrease * at * line.slope;
}

function isFlat(line: Line, { slope }: LinePoint): boolean {
  return Math.abs(slope) <= -flatness * line.slope;
}

/** The minimum, within bounds, of the cubic polynomial with two points' losses and slopes; the middle if it has none. */
function cubicMinimum(
  a: LinePoint,
  b: LinePoint,
  [least, most]: readonly [least: number, most: number],
): number {
  const [near, far] = a.at <= b.at ? [a, b] : [b, a];
  const d1 = near.slope + far.slope - (3 * (near.loss - far.loss)) / (near.at - far.at);
  const d2 = Math.sqrt(d1 ** 2 - near.slope * far.slope);
  const share = (far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2);
  const minimum = far.at - (far.at - near.at) * share;
  return Number.isFinite(minimum) ? Math.min(Math.max(minimum, least), most) : (least + most) / 2;
}
