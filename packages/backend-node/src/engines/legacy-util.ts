import util from "node:util";

/**
 * Puts back the two functions of node:util that tfjs-node 4.22 still calls in its operations: Node 22 warns of them,
 * Node 23 began to remove them.
 *
 * The default import is the very object that `require("util")` gives tfjs-node. Must run before tfjs-node does.
 */
export function restoreLegacyUtil(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}
