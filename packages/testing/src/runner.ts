/**
 * The part of a test runner that a suite needs, which Vitest, Jest, Mocha, Bun and `node:test` all have.
 *
 * A test fails by throwing an error whose message says what was expected, so no `expect` is needed.
 */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}
