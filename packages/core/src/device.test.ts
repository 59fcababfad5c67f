import { describe, expect, it } from "vitest";
import { deviceCheck, deviceWatch } from "./device.js";
import { DeviceLost } from "./errors.js";
import { bareEngine } from "./stylize.fixture.js";

const loss = () => new DeviceLost("The GPU was lost.", "bare");
const never = new Promise<never>(() => {});

describe("a check of the device", () => {
  it("passes while the device is not lost", async () => {
    await expect(deviceCheck(bareEngine())()).resolves.toBeUndefined();
  });

  it("rejects with the loss once the news is in, which may follow the failed work", async () => {
    const watch = deviceWatch();
    const check = deviceCheck(bareEngine({ lost: watch.lost, settle: async () => watch.fail(loss()) }));
    await expect(check()).rejects.toThrow(loss());
    await expect(check()).rejects.toThrow(loss());
  });
});

describe("a watch over a device", () => {
  it("waits for work, and passes its failure on", async () => {
    const watch = deviceWatch();
    await expect(watch.done(Promise.resolve())).resolves.toBeUndefined();
    await expect(watch.done(Promise.reject(new Error("refused")))).rejects.toThrow("refused");
  });

  it("ends the wait for work that a lost device will never finish", async () => {
    const watch = deviceWatch();
    const waiting = watch.done(never);
    watch.fail(loss());
    await expect(waiting).rejects.toThrow(loss());
    await expect(watch.done(never)).rejects.toThrow(loss());
    await expect(watch.lost).resolves.toEqual(loss());
  });

  it("reports only the first loss, and none after its end", async () => {
    const watch = deviceWatch();
    watch.fail(loss());
    watch.fail(new DeviceLost("again", "bare"));
    await expect(watch.lost).resolves.toEqual(loss());

    const ended = deviceWatch();
    ended.end();
    ended.fail(loss());
    await expect(ended.done(Promise.resolve())).resolves.toBeUndefined();
  });
});
