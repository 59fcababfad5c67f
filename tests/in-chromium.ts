import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from "vitest";
import {
  absenceOfChromium,
  connectChromium,
  type LaunchOptions,
  launchChromium,
  type Site,
} from "./chromium.js";
import type {} from "./chromium-setup.js";

/** What tests in Chromium share. What they open in a test is closed after it, what they open before, after them all. */
export interface Chromium {
  readonly browser: Browser;
  /** One more, for tests that need other flags or break it. */
  launch(options: LaunchOptions): Promise<Browser>;
  serve(site: Site | Promise<Site>): Promise<Site>;
  /** In a context of its own: blank storage. @param browser absent: the one of all tests */
  newPage(options?: BrowserContextOptions, browser?: Browser): Promise<Page>;
}

/** Describes tests in one Chromium, the one that all files share where no options are wanted; they are skipped, with the reason in the title, where it is not installed. */
export function describeInChromium(
  title: string,
  tests: (chromium: Chromium) => void,
  options: LaunchOptions = {},
): void {
  const absence = absenceOfChromium();
  describe.skipIf(absence !== undefined)(absence ? `${title} (skipped: ${absence})` : title, () => {
    let browser: Browser;
    let openedBefore = 0;
    const opened: { close(): Promise<void> }[] = [];
    const keep = <Opened extends { close(): Promise<void> }>(one: Opened): Opened => {
      opened.push(one);
      return one;
    };
    const closeFrom = async (first: number) => {
      for (const one of opened.splice(first).reverse()) await one.close();
    };
    beforeAll(async () => {
      const shared = Object.keys(options).length === 0 ? inject("chromium") : undefined;
      browser = await (shared === undefined ? launchChromium(options) : connectChromium(shared));
    });
    beforeEach(() => {
      openedBefore = opened.length;
    });
    afterEach(() => closeFrom(openedBefore));
    afterAll(async () => {
      await closeFrom(0);
      await browser?.close();
    });
    tests({
      get browser() {
        return browser;
      },
      launch: async (wanted) => keep(await launchChromium(wanted)),
      serve: async (site) => keep(await site),
      newPage: async (wanted, among = browser) => keep(await among.newContext(wanted)).newPage(),
    });
  });
}
