import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractRecipe } from "@brushwork/recipes";
import { afterAll, beforeAll, expect, it } from "vitest";
import { machine } from "../../../tests/command.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { type Served, served } from "../../../tests/served.js";
import { button, easelPixels, openDemo, openMore, paintAll, save, tiny } from "./page.fixture.js";

const token = "a-word-for-tests";

describeInChromium("the page of brushwork serve", (chromium) => {
  let folder: string;
  let server: Served;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-page-"));
    server = await served(machine, { folder });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("paints on the server's engine, shows how far it is, and saves the picture with its recipe", async () => {
    const { page, reports } = await openDemo(chromium, server, { link: tiny });
    await page.getByText(`painted by the server ${new URL(server.address).host}`).waitFor();
    await openMore(page);
    await page.getByLabel("Network").getByText("VGG-19, not on the server").waitFor({ state: "attached" });
    const before = await easelPixels(page);
    await paintAll(page);
    expect(await easelPixels(page)).not.toBe(before);
    expect(page.workers()).toEqual([]);
    await page.getByText("WebAssembly (SIMD, 1 thread)", { exact: true }).waitFor();
    expect(extractRecipe((await save(page, "Save PNG")).bytes)).toMatchObject({
      network: { name: "compact" },
      scales: [{ size: 64, steps: 4 }],
    });
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("steers while it paints, waits for its turn, and cancels when it is closed", async () => {
    const { page } = await openDemo(chromium, server, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    await button(page, "Pause").click();
    await page.getByText(/^Paused after/).waitFor();

    const { page: other } = await openDemo(chromium, server, { link: tiny });
    await button(other, "Paint").click();
    await other.getByText("Waiting for another picture…").waitFor();

    await page.getByLabel("Balance").fill("100");
    await button(page, "Resume").click();
    await page.getByText(/of 2000 steps/).waitFor();
    await button(page, "Stop").click();
    await page.getByText(/^Stopped after/).waitFor();
    const recipe = extractRecipe((await save(page, "Save PNG")).bytes);
    expect(recipe?.terms.find(({ name }) => name === "style")?.weight).toBeCloseTo(5.48, 2);
    await other.getByText(/^Done:/).waitFor();

    await button(page, "Paint again").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto("about:blank");
    const jobs = async () =>
      (await fetch(`${server.address}api/jobs`)).json() as Promise<{ status: string }[]>;
    await expect.poll(async () => (await jobs()).filter(({ status }) => status === "painting")).toEqual([]);
  });

  it("lets in whoever has the token, by a link that sets a cookie", async () => {
    const guarded = await served([...machine, "--token", token], { folder });
    try {
      const { origin } = new URL(guarded.address);
      expect((await fetch(`${origin}/api`)).status).toBe(401);
      expect((await fetch(`${origin}/api`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
        200,
      );
      expect(guarded.address).toBe(`${origin}/?token=${token}`);
      const page = await chromium.newPage();
      await page.goto(guarded.address);
      expect(page.url()).toBe(`${origin}/`);
      await page.getByRole("heading", { name: "Brushwork" }).waitFor();
    } finally {
      await guarded.close();
    }
  });
});
