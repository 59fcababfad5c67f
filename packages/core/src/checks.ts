import { OptionError } from "./errors.js";
import { shown } from "./printable.js";

/**
 * Checks a weight.
 * @param owner what it is the weight of
 * @throws {OptionError} when it is negative or not finite
 */
export function checkWeight(owner: string, weight: number): void {
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw new OptionError(`Expected the weight of ${owner} to be 0 or more, got ${shown(weight)}.`);
}

/**
 * Checks a whole number.
 * @throws {OptionError} when it is not a whole number or is too small
 */
export function checkCount(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new OptionError(`Expected ${what} to be a whole number of at least ${least}, got ${shown(value)}.`);
}
