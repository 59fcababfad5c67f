import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import {
  button,
  expectPicture,
  openDemo,
  paintAll,
  painting,
  photograph,
  pick,
  save,
  serveDemo,
  sizeOfPng,
  slotPicture,
} from "./page.fixture.js";

/** A camera that shows a test pattern, and nobody to ask. */
const camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

describeInChromium(
  "pictures",
  (chromium) => {
    let page: Page;
    beforeAll(async () => {
      const permissions = ["clipboard-read", "clipboard-write"];
      ({ page } = await openDemo(chromium, await chromium.serve(serveDemo()), { permissions }));
    });

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
      "that are none are refused in a sentence, and the one before stays: %s",
      async (_, name, buffer, words) => {
        await pick(page, "Photograph", { name, mimeType: "image/png", buffer });
        const alert = page.getByRole("region", { name: "Photograph", exact: true }).getByRole("alert");
        await alert.getByText(words).waitFor();
        await expectPicture(page, "Photograph", "Chelsea the cat");
        expect(await button(page, "Paint").isEnabled()).toBe(true);
      },
    );

    it("that lack their end are taken, with a warning", async () => {
      const cut = new URL("../../../tests/data/cases/without-end.jpg", import.meta.url);
      await pick(page, "Painting", fileURLToPath(cut));
      await expectPicture(page, "Painting", "without-end.jpg");
      const alert = page.getByRole("region", { name: "Painting", exact: true }).getByRole("alert");
      await alert.getByText("The picture without-end.jpg is cut off at its end").waitFor();
    });

    it("that are drawn are taken", async () => {
      const svg =
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60" fill="red"/></svg>';
      await pick(page, "Painting", { name: "flag.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
      await expectPicture(page, "Painting", "flag.svg");
    });

    it("are taken where they are dropped", async () => {
      await page.getByRole("region", { name: "Photograph", exact: true }).drop({ files: painting });
      await expectPicture(page, "Photograph", "style.jpg");
      await page.getByRole("region", { name: "Painting", exact: true }).drop({ files: photograph });
      await expectPicture(page, "Painting", "content.jpg");
      await page.getByRole("region", { name: "Easel" }).drop({ files: photograph });
      await expectPicture(page, "Photograph", "content.jpg");
    });

    it("that are pasted go where a picture was chosen last", async () => {
      await page.getByRole("region", { name: "Painting", exact: true }).getByRole("button").first().focus();
      await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext("2d")!.fillRect(10, 5, 20, 20);
        await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
      });
      await page.keyboard.press("Control+V");
      await expectPicture(page, "Painting", "pasted picture");
    });

    it("are captured with the camera", async () => {
      await button(page, "Take a photograph with the camera").click();
      const dialog = page.getByRole("dialog", { name: "Camera" });
      await dialog.getByRole("button", { name: "Take the picture" }).click();
      await dialog.waitFor({ state: "detached" });
      await expectPicture(page, "Photograph", "camera picture");
      const { width, height, colours } = await slotPicture(page, "Photograph").evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        const pixels = new Uint32Array(data.buffer);
        return { width: canvas.width, height: canvas.height, colours: new Set(pixels).size };
      });
      expect(width).toBeGreaterThan(height);
      expect(colours).toBeGreaterThan(2);
    });

    it("of 12 megapixels are painted", async () => {
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
      const buffer = Buffer.from(bytes);
      await pick(page, "Photograph", { name: "large.jpg", mimeType: "image/jpeg", buffer });
      await expectPicture(page, "Photograph", "large.jpg");
      await paintAll(page);
      expect(sizeOfPng((await save(page, "Save PNG")).bytes)).toEqual([64, 48]);
    });

    it("of one pixel are painted", async () => {
      const dot = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(1, 1);
        canvas.getContext("2d")?.fillRect(0, 0, 1, 1);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
      });
      const file = { name: "dot.png", mimeType: "image/png", buffer: Buffer.from(dot) };
      await pick(page, "Photograph", file);
      await expectPicture(page, "Photograph", "dot.png");
      await pick(page, "Painting", file);
      await expectPicture(page, "Painting", "dot.png");
      await paintAll(page);
      expect(sizeOfPng((await save(page, "Save PNG")).bytes)).toEqual([64, 64]);
    });
  },
  { args: camera },
);
