import { describe, expect, it } from "vitest";
import { runControl } from "./run-control.js";

/** Whether a promise is settled once all microtasks have run. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  return done;
}

describe("runControl", () => {
  it("goes on until it is paused, and again when it is resumed", async () => {
    const control = runControl();
    expect(await settled(control.resumed())).toBe(true);
    control.hear({ type: "pause" });
    control.hear({ type: "pause" });
    const waiting = control.resumed();
    expect(await settled(waiting)).toBe(false);
    control.hear({ type: "resume" });
    expect(await settled(waiting)).toBe(true);
    expect(await settled(control.resumed())).toBe(true);
  });

  it("waits on when it is paused again before it went on", async () => {
    const control = runControl();
    control.hear({ type: "pause" });
    let pauses = 0;
    const waiting = control.resumed(() => pauses++);
    control.hear({ type: "resume" });
    control.hear({ type: "pause" });
    expect(await settled(waiting)).toBe(false);
    expect(pauses).toBe(2);
  });

  it("ends a pause when it is stopped", async () => {
    const control = runControl();
    control.hear({ type: "pause" });
    const waiting = control.resumed();
    expect(control.stopped).toBe(false);
    control.hear({ type: "stop" });
    expect(control.stopped).toBe(true);
    expect(await settled(waiting)).toBe(true);
  });

  it("gathers weights, of which the last holds", () => {
    const control = runControl();
    control.hear({ type: "weights", weights: { style: 1, tv: 2 } });
    control.hear({ type: "weights", weights: { style: 3 } });
    expect(control.weights).toEqual({ style: 3, tv: 2 });
  });
});
