/** Number of steps whose losses are averaged and compared with those of as many steps before. */
export const settlingSteps = 16;

/**
 * Whether a loss has stopped falling: over the latest 16 steps its mean is less than a share below that over the 16 steps
 * before. Steps of an optimizer go up and down, which means even out.
 *
 * @param losses the loss at each step, at least the latest 32; with fewer it has not settled
 * @param least the share that the mean has to fall by, such as 0.005
 */
export function hasSettled(losses: readonly number[], least: number): boolean {
  if (losses.length < 2 * settlingSteps) return false;
  const before = mean(losses.slice(-2 * settlingSteps, -settlingSteps));
  const after = mean(losses.slice(-settlingSteps));
  return before - after < least * Math.abs(before);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
