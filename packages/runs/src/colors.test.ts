import { matchedTo, type Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { content, fakeHost, job, ofType, plain, recipe, style } from "./run.fixture.js";
import { type Job, type RunControl, run } from "./run.js";
import type { RunEvent } from "./run-event.js";

const colored = (keep: "luma" | "match", strength = 1): Recipe => ({ ...recipe, colors: { keep, strength } });

async function eventsOf(changes: Partial<Job<Picture>>, control: RunControl = {}, host = fakeHost()) {
  const before = tf.memory().numTensors;
  const events: RunEvent[] = [];
  try {
    for await (const event of run({ ...job, ...changes }, host, control)) events.push(event);
  } catch {
    // The events say enough.
  }
  expect(tf.memory().numTensors).toBe(before);
  return ofType(events, "picture");
}

const pixels = ({ data }: Picture) =>
  Array.from({ length: data.length / 4 }, (_, i) => Array.from(data.slice(4 * i, 4 * i + 4)) as number[]);

/** Y′, and what Cb and Cr are proportional to. */
function parts([red = 0, green = 0, blue = 0]: readonly number[]) {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return { luma, chroma: [red - luma, blue - luma] as const };
}

/** A content whose chroma fits into the gamut at nearly every luma. */
const faint: Picture = {
  ...content,
  data: content.data.map((_, i) => [130, 110, 100, 255][i % 4] ?? 0),
};

describe("the colours of a run", () => {
  it("are the content's in every picture that is shown, with the luma of the one painted", async () => {
    const control: RunControl = { wantsPicture: () => true };
    const painted = await eventsOf({ content: faint }, control);
    const found = await eventsOf({ content: faint, recipe: colored("luma") }, control);
    expect(found.map(({ index, why }) => [index, why])).toEqual(
      painted.map(({ index, why }) => [index, why]),
    );
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    const wanted = parts([130, 110, 100]);
    for (const [i, { picture }] of found.entries()) {
      const own = pixels(painted[i]!.picture);
      let different = 0;
      for (const [at, pixel] of pixels(picture).entries()) {
        const { luma, chroma } = parts(pixel);
        expect(Math.abs(luma - parts(own[at]!).luma)).toBeLessThan(1);
        if (Math.min(...pixel) > 0 && Math.max(...pixel) < 255)
          for (const c of [0, 1] as const) expect(Math.abs(chroma[c] - wanted.chroma[c])).toBeLessThan(1.01);
        if (pixel.join() !== own[at]!.join()) different++;
      }
      expect(different > 0).toBe(i > 0);
    }
    expect(found.at(-1)?.recipe).toEqual(colored("luma"));
  });

  it("are those of the part of the content that is painted", async () => {
    // A size of half the content's width: its middle is painted. Only that is red.
    const halves: Picture = { ...content, data: content.data.map((_, i) => bytes(i)) };
    function bytes(at: number): number {
      const x = Math.floor(at / 4) % 12;
      return (x >= 3 && x < 9 ? [140, 100, 100, 255] : [100, 100, 140, 255])[at % 4] ?? 0;
    }
    const [found] = await eventsOf({
      content: halves,
      recipe: { ...colored("luma"), scales: [{ size: [6, 8], steps: 2 }] },
    });
    for (const [red = 0, green = 0, blue = 0] of pixels(found!.picture)) {
      expect(red - green).toBeGreaterThan(37);
      expect(Math.abs(blue - green)).toBeLessThan(3);
    }
  });

  it("leave transparency as it is", async () => {
    const data = faint.data.map((value, i) => (i % 4 === 3 && i < 48 ? 0 : value));
    const [found] = await eventsOf({ content: { ...faint, data }, recipe: colored("luma") });
    expect(pixels(found!.picture).map(([, , , alpha]) => alpha)).toEqual(
      pixels({ ...faint, data }).map(([, , , alpha]) => alpha),
    );
  });

  it("are the content's in the picture that is kept when the device is lost", async () => {
    const host = fakeHost();
    const control: RunControl = {
      wantsPicture: ({ index }) => {
        if (index === 3) host.lose();
        return index === 2;
      },
    };
    const found = await eventsOf({ content: faint, recipe: colored("luma") }, control, host);
    const kept = found.find(({ why }) => why === "kept");
    expect(kept?.index).toBe(2);
    expect(kept?.picture).toEqual(found[0]?.picture);
  });

  it("are matched before painting: the run is that of the matched styles", async () => {
    const styles = [style, plain(6, 6, 80)];
    for (const strength of [1, 0.4]) {
      const [found] = await eventsOf({ styles, recipe: colored("match", strength) });
      const [wanted] = await eventsOf({ styles: styles.map((each) => matchedTo(content, each, strength)) });
      expect(found?.picture).toEqual(wanted?.picture);
    }
  });

  it("are the styles' with a strength of 0", async () => {
    const [usual] = await eventsOf({});
    for (const keep of ["luma", "match"] as const)
      expect((await eventsOf({ recipe: colored(keep, 0) }))[0]?.picture).toEqual(usual?.picture);
  });

  it.each(["luma", "match"] as const)("stay grey where the content is, by %s", async (keep) => {
    const data = content.data.map((_, i) => (i % 4 === 3 ? 255 : (7 * Math.floor(i / 4)) % 256));
    const [found] = await eventsOf({ content: { ...content, data }, recipe: colored(keep) });
    for (const [red, green, blue] of pixels(found!.picture)) expect([green, blue]).toEqual([red, red]);
  });
});
