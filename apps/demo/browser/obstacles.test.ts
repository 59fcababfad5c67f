import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfChromium, launchChromium, type Site } from "../../../tests/chromium.js";
import {
  button,
  openDemo,
  paintAll,
  pick,
  save,
  serveDemo,
  sizeOfPng,
  slotPicture,
  tiny,
} from "./page.fixture.js";

const absence = absenceOfChromium();

describe.skipIf(absence !== undefined)(`obstacles${absence ? ` (skipped: ${absence})` : ""}`, () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), serveDemo()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  describe("of files", () => {
    let page: Page;
    beforeAll(async () => {
      ({ page } = await openDemo(browser, site));
    });
    afterAll(() => page?.context().close());

    it.each([
      [
        "a broken JPEG",
        "broken.jpg",
        Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6]),
        "a JPEG that is damaged",
      ],
      ["a PDF named .png", "letter.png", Buffer.from("%PDF-1.7\n%…\n1 0 obj\n"), "got PDF"],
      ["a text", "notes.txt", Buffer.from("Dear diary"), "got something else"],
    ])(
      "says in a sentence that %s is no picture and keeps the one before",
      async (_, name, buffer, words) => {
        await pick(page, "Photograph", { name, mimeType: "image/png", buffer });
        const alert = page.getByRole("region", { name: "Photograph", exact: true }).getByRole("alert");
        await alert.getByText(words).waitFor();
        await slotPicture(page, "Photograph").and(page.getByLabel("Chelsea the cat")).waitFor();
        expect(await button(page, "Paint").isEnabled()).toBe(true);
      },
    );

    it("takes an SVG", async () => {
      const svg =
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60" fill="red"/></svg>';
      await pick(page, "Painting", { name: "flag.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
      await slotPicture(page, "Painting").and(page.getByLabel("flag.svg")).waitFor();
    });

    it("takes a pasted picture into the slot that was used last", async () => {
      await page.getByRole("region", { name: "Painting", exact: true }).getByRole("button").first().focus();
      await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext("2d");
        const blob = await canvas.convertToBlob();
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([blob], "image.png", { type: "image/png" }));
        document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
      });
      await slotPicture(page, "Painting").and(page.getByLabel("pasted picture")).waitFor();
    });

    it("paints a photograph of 12 megapixels", async () => {
      const bytes = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(4000, 3000);
        const context = canvas.getContext("2d")!;
        context.fillStyle = "teal";
        context.fillRect(0, 0, 4000, 3000);
        context.fillStyle = "gold";
        context.fillRect(1000, 500, 1500, 1500);
        const blob = await canvas.convertToBlob({ type: "image/jpeg" });
        return [...new Uint8Array(await blob.arrayBuffer())];
      });
      await pick(page, "Photograph", {
        name: "large.jpg",
        mimeType: "image/jpeg",
        buffer: Buffer.from(bytes),
      });
      await slotPicture(page, "Photograph").and(page.getByLabel("large.jpg")).waitFor();
      await paintAll(page);
      expect(sizeOfPng((await save(page, "Save PNG")).bytes)).toEqual([64, 48]);
    });
  });

  it.each([
    ["too many steps", { steps: 1_000_000_000 }, "steps"],
    ["a field of another version", { brush: "round" }, "brush"],
    ["a script", { photograph: "<script>alert(1)</script>" }, "photograph"],
  ])("takes the usual settings where a link has %s, and says so", async (_, link, words) => {
    const { page } = await openDemo(browser, site, { link });
    await page.getByRole("alert").getByText(words).waitFor();
    expect(await page.getByLabel("Steps").inputValue()).toBe("300");
    await page.context().close();
  });

  it("copies a link that brings the settings back", async () => {
    const { page } = await openDemo(browser, site, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByLabel("Balance").fill("-40");
    await button(page, "NASA, public domain")
      .or(page.getByRole("button", { name: /^Eileen Collins/ }))
      .click();
    await slotPicture(page, "Photograph").and(page.getByLabel("Eileen Collins")).waitFor();
    await button(page, "Copy link").click();
    await button(page, "Copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const again = await page.context().newPage();
    await again.goto(link);
    await slotPicture(again, "Photograph").and(again.getByLabel("Eileen Collins")).waitFor();
    expect(await again.getByLabel("Balance").inputValue()).toBe("-40");
    expect(await again.getByLabel("Size").inputValue()).toBe("64");
    await page.context().close();
  });

  it("paints without WebGPU and names the reason", async () => {
    const { page } = await openDemo(browser, site, {
      serviceWorkers: "block",
      before: "delete (globalThis.WorkerNavigator ?? globalThis.Navigator).prototype.gpu;",
    });
    await paintAll(page);
    const reason = await page.getByText("Without WebGPU:").textContent();
    // A graphics card in software is another reason, and the one that a browser with WebGPU gives here.
    expect(reason).not.toContain("software");
    await page.context().close();
  });

  it("paints where the browser stores nothing", async () => {
    const { page, reports } = await openDemo(browser, site, {
      serviceWorkers: "block",
      before: `for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
        Object.defineProperty(globalThis, name, { get() { throw new DOMException("denied", "SecurityError"); } });
      delete globalThis.StorageManager.prototype.getDirectory;`,
    });
    await paintAll(page);
    await button(page, "Dark colours").click();
    await button(page, "Light colours").waitFor();
    expect(reports.errors).toEqual([]);
    await page.context().close();
  });

  it("asks before it downloads VGG-19, and Escape declines", async () => {
    const { page } = await openDemo(browser, site);
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Network").selectOption("vgg19");
    const dialog = page.getByRole("dialog", { name: "Paint with VGG-19?" });
    await dialog.getByText("52 MB from cdn.jsdelivr.net").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.getByLabel("Network").inputValue()).toBe("compact");
    await page.context().close();
  });

  it("says what to do where the camera is not allowed", async () => {
    const { page } = await openDemo(browser, site);
    await button(page, "Take a photograph with the camera").click();
    await page.getByRole("dialog", { name: "Camera" }).getByRole("alert").waitFor();
    await button(page, "Cancel").click();
    await page.context().close();
  });

  it("opens and paints again without a network", async () => {
    const host = await serveDemo();
    const { page } = await openDemo(browser, host);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await host.close();
    await page.reload();
    await slotPicture(page, "Photograph").waitFor();
    await paintAll(page);
    await page.context().close();
  });

  it("keeps the picture when the graphics card is lost", { timeout: 150_000 }, async () => {
    // Its graphics process is ended: this browser is of no use afterwards.
    const doomed = await launchChromium();
    try {
      const { page } = await openDemo(doomed, site, { link: { ...tiny, steps: 2000, engine: "webgpu" } });
      await button(page, "Paint").click();
      await page.getByRole("img", { name: /^Painted:/ }).waitFor();
      const session = await doomed.newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess");
      await page.getByRole("alert").getByText("The picture so far is kept").waitFor();
      expect(sizeOfPng((await save(page, "Save PNG")).bytes)).toEqual([64, 43]);
    } finally {
      await doomed.close();
    }
  });
});
