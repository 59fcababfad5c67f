import type { Runner } from "./runner.js";

/**
 * Runs a suite without a test runner.
 * @returns the title and error of each test that failed
 */
export async function failuresOf(suite: (runner: Runner) => void): Promise<readonly string[]> {
  const tests = new Map<string, () => Promise<void>>();
  suite({ describe: (_, body) => body(), it: (title, body) => tests.set(title, body) });
  const failures: string[] = [];
  for (const [title, body] of tests)
    await body().catch((error: unknown) => {
      failures.push(`${title}: ${error}`);
    });
  return failures;
}
