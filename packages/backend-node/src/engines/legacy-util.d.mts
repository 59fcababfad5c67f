/**
 * Puts back the two functions of node:util that tfjs-node 4.22 still calls in its operations: Node 22 warns of them,
 * Node 23 began to remove them. Must run before tfjs-node does.
 *
 * @param util the very object that `require("util")` gives tfjs-node: the default import of node:util
 */
export function restoreLegacyUtil(util: object): void;

/** A line of CommonJS that does the same in the program of another process. */
export const restoringLegacyUtil: string;
