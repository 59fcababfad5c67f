import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { openDemo, paintAll } from "./page.fixture.js";

const root = fileURLToPath(new URL("..", import.meta.url));

describeInChromium("in development", (chromium) => {
  it("the page opens and paints", async () => {
    const server = await createServer({ root, logLevel: "error" });
    try {
      await server.listen(0);
      const address = server.resolvedUrls?.local[0] ?? "";
      const { page, reports } = await openDemo(chromium, { address });
      await paintAll(page);
      expect(reports).toEqual({ violations: [], errors: [] });
    } finally {
      await server.close();
    }
  });
});
