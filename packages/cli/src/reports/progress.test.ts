import { presets } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { UsageError } from "../failure.js";
import { jsonProgress } from "./json-progress.js";
import { lineProgress } from "./line-progress.js";
import { quietProgress, type RunStart, startText, stepText } from "./progress.js";
import { progressOfOptions } from "./progress-of-options.js";
import { terminalProgress } from "./terminal-progress.js";

const start: RunStart = {
  content: "photos/cat.jpg",
  styles: ["monet.jpg"],
  recipe: presets.paper.recipe,
  engine: "native",
  device: "TensorFlow 2.9 (CPU, 2 threads)",
  width: 224,
  height: 224,
  steps: 1000,
};

const report = {
  step: 42,
  total: 300,
  width: 128,
  height: 85,
  losses: { content: 0.41, style: 1.934, total: 2.344 },
  secondsPerStep: 0.11,
  secondsLeft: 28.2,
};

const last = { ...report, step: 300, secondsLeft: 0 };

describe("words", () => {
  it("of the start", () => {
    const pictures = "cat.jpg in the style of monet.jpg";
    const run = "224×224, 1000 steps, vgg19 on native, TensorFlow 2.9 (CPU, 2 threads)";
    expect(startText(start)).toBe(`${pictures}, ${run}`);
    expect(startText({ ...start, bytes: 2 ** 29, seconds: 40 })).toBe(
      `${pictures}, ${run}: about 512 MiB and 40 s`,
    );
    expect(startText({ ...start, styles: [] })).toBe(`cat.jpg, ${run}`);
    expect(startText({ ...start, styles: ["a.png", "b.png"] })).toBe(
      `cat.jpg in the style of a.png and b.png, ${run}`,
    );
    expect(startText({ ...start, styles: ["a.png", "b.png", "c.png"] })).toBe(
      `cat.jpg in the style of a.png and 2 others, ${run}`,
    );
  });

  it("of tiles", () => {
    const { written, write, now } = scene();
    lineProgress(write, now).started({ ...start, tiles: { count: 12, memoryBytes: 2 ** 31 } });
    expect(written.at(-1)).toBe("Painting in 12 tiles to stay within 2.0 GiB\n");
  });

  it("of a step", () => {
    expect(stepText(report)).toBe(
      " 42/300  0.11 s/step  28 s left  content 0.41  style 1.93  total 2.34  128×85",
    );
    expect(stepText(last)).toBe("300/300  0.11 s/step  content 0.41  style 1.93  total 2.34  128×85");
  });
});

/** The texts that were written, and a clock to set. */
function scene() {
  const written: string[] = [];
  const clock = { time: 0 };
  return { written, clock, write: (text: string) => void written.push(text), now: () => clock.time };
}

it("a terminal has one line for the steps, cut to its width, four times a second", () => {
  const { written, clock, write, now } = scene();
  const progress = terminalProgress(write, () => 20, now);
  expect(progress.wants({ index: 1, total: 300 })).toBe(true);
  progress.stepped(report);
  clock.time = 249;
  expect(progress.wants({ index: 43, total: 300 })).toBe(false);
  expect(progress.wants({ index: 300, total: 300 })).toBe(true);
  clock.time = 250;
  expect(progress.wants({ index: 43, total: 300 })).toBe(true);
  progress.stepped(last);
  progress.saved({ path: "out.png", step: 300, width: 128, height: 85 });
  expect(written).toEqual([
    " 42/300  0.11 s/ste",
    "\r\u001b[K300/300  0.11 s/ste\n",
    "Wrote out.png, 128×85\n",
  ]);
});

it("what a terminal has to say in between takes the step's line away", () => {
  const { written, write, now } = scene();
  const progress = terminalProgress(write, () => 8, now);
  progress.stepped(report);
  progress.failed("Expected better.", 1);
  expect(written).toEqual([" 42/300", "\r\u001b[Kbrushwork: Expected better.\n"]);
});

it("a file has a line at each tenth, or every five seconds", () => {
  const { written, clock, write, now } = scene();
  const progress = lineProgress(write, now);
  const wanted = [1, 29, 30, 31, 60, 300].filter((index) => progress.wants({ index, total: 300 }));
  expect(wanted).toEqual([30, 60, 300]);
  clock.time = 5000;
  expect(progress.wants({ index: 31, total: 300 })).toBe(true);
  progress.stepped(report);
  expect(progress.wants({ index: 32, total: 300 })).toBe(false);
  expect(written).toEqual([`${stepText(report)}\n`]);
});

it("programs read one object a line; people read failures as well", () => {
  const { written, write } = scene();
  const errors: string[] = [];
  const progress = jsonProgress(write, (text) => errors.push(text));
  progress.started(start);
  progress.stepped(report);
  progress.saved({ path: "out.png", step: 300, width: 128, height: 85 });
  progress.warned("Careful.");
  progress.finished({ steps: 300, seconds: 41 });
  progress.failed("Expected better.", 1);
  expect(written.every((line) => line.endsWith("\n"))).toBe(true);
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { event: "start", ...start },
    { event: "step", ...report },
    { event: "saved", path: "out.png", step: 300, width: 128, height: 85 },
    { event: "warning", message: "Careful." },
    { event: "done", steps: 300, seconds: 41 },
    { event: "error", message: "Expected better.", exitCode: 1 },
  ]);
  expect(errors).toEqual(["brushwork: Expected better.\n"]);
});

it("quiet reports failures alone", () => {
  const { written, write } = scene();
  const progress = quietProgress(write);
  progress.started(start);
  progress.warned("Careful.");
  progress.finished({ steps: 300, seconds: 41 });
  expect(progress.wants({ index: 300, total: 300 })).toBe(false);
  progress.failed("Expected better.", 1);
  expect(written).toEqual(["brushwork: Expected better.\n"]);
});

it("the picture has the standard output to itself", () => {
  const out = scene();
  const err = scene();
  const streams = { stdout: { write: out.write }, stderr: { write: err.write, isTTY: true } };
  progressOfOptions({ json: true }, streams, out.now).warned("1");
  progressOfOptions({ json: true, output: "-" }, streams, out.now).warned("2");
  progressOfOptions({ output: "-" }, streams, out.now).warned("3");
  expect(out.written).toEqual(['{"event":"warning","message":"1"}\n']);
  expect(err.written).toEqual(['{"event":"warning","message":"2"}\n', "brushwork: 3\n"]);
  expect(() => progressOfOptions({ json: true, quiet: true }, streams, out.now)).toThrow(UsageError);
});

describe("downloads, one after the other", () => {
  const mebibyte = 2 ** 20;
  const received = (mebibytes: number) => ({ received: mebibytes * mebibyte, total: 100 * mebibyte });

  it("have a bar each on a terminal, which what is said in between takes away until it is full", () => {
    const { written, clock, write, now } = scene();
    const progress = terminalProgress(write, () => 60, now);
    progress.began("Downloading one.");
    progress.received(received(0));
    clock.time = 99;
    progress.received(received(25));
    clock.time = 2000;
    progress.received(received(50));
    progress.warned("Trying again.");
    progress.received(received(100));
    progress.began("Downloading another.");
    clock.time = 3000;
    progress.received(received(0));
    clock.time = 4000;
    progress.received(received(50));
    progress.failed("It is gone.", 1);
    expect(written).toEqual([
      "Downloading one.\n",
      "[                        ]   0%  1 MiB of 100 MiB",
      "\r\u001b[K[############            ]  50%  50 MiB of 100 MiB  25 MiB/",
      "\r\u001b[Kbrushwork: Trying again.\n",
      "[########################] 100%  100 MiB of 100 MiB  50 MiB\n",
      "Downloading another.\n",
      "[                        ]   0%  1 MiB of 100 MiB",
      "\r\u001b[K[############            ]  50%  50 MiB of 100 MiB  50 MiB/",
      "\r\u001b[Kbrushwork: It is gone.\n",
    ]);
  });

  it("have a line for each tenth in a file", () => {
    const { written, write, now } = scene();
    const progress = lineProgress(write, now);
    for (const mebibytes of [0, 9, 10, 15, 40, 100, 0, 5, 20]) progress.received(received(mebibytes));
    expect(written.map((line) => line.slice(0, 4))).toEqual([" 10%", " 40%", "100%", " 20%"]);
  });

  it("have an event for each hundredth for programs", () => {
    const { written, write } = scene();
    const progress = jsonProgress(write);
    progress.began("Downloading.");
    for (const bytes of [0, 1, 9, 10, 19, 1000]) progress.received({ received: bytes, total: 1000 });
    expect(written.map((line) => JSON.parse(line))).toEqual([
      { event: "stage", message: "Downloading." },
      { event: "download", received: 0, total: 1000 },
      { event: "download", received: 10, total: 1000 },
      { event: "download", received: 1000, total: 1000 },
    ]);
  });

  it("are not reported to those who want it quiet", () => {
    const { written, write } = scene();
    const progress = quietProgress(write);
    progress.began("Downloading.");
    progress.received(received(100));
    expect(written).toEqual([]);
  });
});
