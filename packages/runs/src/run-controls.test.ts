import { describe, expect, it } from "vitest";
import { runControls } from "./run-controls.js";

describe("the controls of a run", () => {
  it("let it go on until it is paused, and again when it is resumed", async () => {
    const controls = runControls();
    expect(controls.paused).toBe(false);
    await controls.resumed();
    controls.pause();
    controls.pause();
    expect(controls.paused).toBe(true);
    const waiting = controls.resumed();
    controls.resume();
    await waiting;
    expect(controls.paused).toBe(false);
  });

  it("are paused again when that is requested before the run goes on", async () => {
    const controls = runControls();
    controls.pause();
    const waiting = controls.resumed();
    controls.resume();
    controls.pause();
    await waiting;
    expect(controls.paused).toBe(true);
  });

  it("end a pause with a stop", async () => {
    const controls = runControls();
    controls.pause();
    const waiting = controls.resumed();
    expect(controls.stopped).toBe(false);
    controls.stop();
    await waiting;
    expect(controls.stopped).toBe(true);
  });

  it("gather weights, of which the last holds", () => {
    const controls = runControls();
    controls.setWeights({ style: 1, tv: 2 });
    controls.setWeights({ style: 3 });
    expect(controls.weights).toEqual({ style: 3, tv: 2 });
  });
});
