/**
 * What a suite needs of a test runner. Vitest, Jest, Mocha, Bun and `node:test` all have it.
 *
 * A broken contract is a thrown error whose message says what was expected, so no `expect` is asked for.
 */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}
