import type { TestProject } from "vitest/node";
import { absenceOfChromium, serveChromium } from "./chromium.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the Chromium listens that all files share; absent where there is none. */
    readonly chromium: string | undefined;
  }
}

/** Starts the Chromium that all files of the project share, each of their tests in a context of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (absenceOfChromium() !== undefined) {
    project.provide("chromium", undefined);
    return async () => {};
  }
  const server = await serveChromium();
  project.provide("chromium", server.wsEndpoint());
  return () => server.close();
}
