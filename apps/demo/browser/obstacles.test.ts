import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import {
  button,
  expectPicture,
  openDemo,
  paintAll,
  painting,
  pick,
  save,
  serveDemo,
  sizeOfPng,
  tiny,
} from "./page.fixture.js";

describeInChromium(
  "obstacles",
  (chromium) => {
    let site: Site;
    beforeAll(async () => {
      site = await chromium.serve(serveDemo());
    });

    it.each([
      ["too many steps", { steps: 1_000_000_000 }, "steps"],
      ["a field of another version", { brush: "round" }, "brush"],
      ["a script", { photograph: "<script>alert(1)</script>" }, "photograph"],
    ])("takes the usual settings where a link has %s, and says so", async (_, link, words) => {
      const { page } = await openDemo(chromium, site, { link });
      await page.getByRole("alert").getByText(words).waitFor();
      expect(await page.getByLabel("Steps").inputValue()).toBe("95");
    });

    it("copies a link that brings the settings back", async () => {
      const { page } = await openDemo(chromium, site, { permissions: ["clipboard-read", "clipboard-write"] });
      await page.getByLabel("Balance").fill("-40");
      await page.getByRole("button", { name: /^Eileen Collins/ }).click();
      await expectPicture(page, "Photograph", "Eileen Collins");
      await button(page, "Copy link").click();
      await button(page, "Copied").waitFor();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      const again = await page.context().newPage();
      await again.goto(link);
      await expectPicture(again, "Photograph", "Eileen Collins");
      expect(await again.getByLabel("Balance").inputValue()).toBe("-40");
      expect(await again.getByLabel("Size").inputValue()).toBe("64");
    });

    it("follows a link that is pasted into the address of the open page", async () => {
      const { page } = await openDemo(chromium, site, { link: { brush: "round" } });
      const alert = page.getByRole("alert");
      await alert.waitFor();
      await page.goto(`${site.address}#photograph=coffee&steps=7`);
      await expectPicture(page, "Photograph", "A cup of coffee");
      await alert.waitFor({ state: "detached" });
      expect(await page.getByLabel("Steps").inputValue()).toBe("7");
      await pick(page, "Painting", painting);
      await expectPicture(page, "Painting", "style.jpg");
      await page.goto(`${site.address}#photograph=rocket`);
      await expectPicture(page, "Photograph", "Falcon 9");
      expect(await page.getByLabel("Steps").inputValue()).toBe("95");
      await expectPicture(page, "Painting", "style.jpg");
    });

    it("paints without WebGPU, which pages that are not secure lack, and names the reason", async () => {
      const { page, reports } = await openDemo(chromium, {
        address: site.address.replace("localhost", "insecure.example"),
      });
      await paintAll(page);
      await page.getByText("WebGPU is not used. This browser offers no WebGPU to this page.").waitFor();
      expect(reports).toEqual({ violations: [], errors: [] });
    });

    it("paints without a graphics card, and names the reason", async () => {
      const browser = await chromium.launch({ gpu: false });
      const { page } = await openDemo(chromium, site, { browser });
      await paintAll(page);
      await page.getByText("WebGPU is not used. Expected a GPU that WebGPU can use, found none.").waitFor();
      await page.getByText(/^WebGL is not used\. Expected/).waitFor();
    });

    it("paints where the browser keeps nothing", async () => {
      const browser = await chromium.launch({ storage: false });
      const { page, reports } = await openDemo(chromium, site, { browser });
      expect(await page.evaluate(() => caches.open("any").catch(({ name }: Error) => name))).toBe(
        "SecurityError",
      );
      await paintAll(page);
      await button(page, "Dark colours").click();
      await button(page, "Light colours").waitFor();
      expect(reports).toEqual({ violations: [], errors: [] });
    });

    it("says what to do where the camera is not allowed", async () => {
      const { page } = await openDemo(chromium, site);
      await button(page, "Take a photograph with the camera").click();
      await page.getByRole("dialog", { name: "Camera" }).getByRole("alert").waitFor();
      await button(page, "Cancel").click();
    });

    it("keeps the picture when the graphics card is lost", { timeout: 900_000 }, async () => {
      // Its graphics process is ended: this browser is of no use afterwards.
      const browser = await chromium.launch({});
      const link = { ...tiny, steps: 2000, engine: "webgpu" };
      const { page } = await openDemo(chromium, site, { browser, link });
      await button(page, "Paint").click();
      await page.getByRole("img", { name: /^Painted:/ }).waitFor();
      const session = await browser.newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess");
      await page.getByRole("alert").getByText("The picture so far is kept").waitFor();
      expect(sizeOfPng((await save(page, "Save PNG")).bytes)).toEqual([64, 43]);
    });
  },
  { args: ["--host-resolver-rules=MAP insecure.example 127.0.0.1"] },
);
