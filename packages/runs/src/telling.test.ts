import { describe, expect, it } from "vitest";
import { telling } from "./telling.js";

/** Work that the test controls. */
function work() {
  const gates = new Map<string, () => void>();
  return {
    wait: (name: string) => new Promise<void>((resolve) => gates.set(name, resolve)),
    open: (name: string) => gates.get(name)?.(),
  };
}

const nothing = () => {};

describe("a piece of work that reports events", () => {
  it("has them yielded as they come, and its result returned", async () => {
    const { wait, open } = work();
    const told = telling<number, string>(async (tell) => {
      tell(1);
      await wait("a");
      tell(2);
      tell(3);
      await wait("b");
      return "done";
    }, nothing);
    expect(await told.next()).toEqual({ value: 1, done: false });
    const second = told.next();
    open("a");
    expect(await second).toEqual({ value: 2, done: false });
    expect(await told.next()).toEqual({ value: 3, done: false });
    const last = told.next();
    open("b");
    expect(await last).toEqual({ value: "done", done: true });
  });

  it("may report nothing", async () => {
    expect(await telling(async () => 7, nothing).next()).toEqual({ value: 7, done: true });
  });

  it("has all its events yielded even if it has ended before", async () => {
    const told = telling<string, undefined>(async (tell) => {
      tell("a");
      tell("b");
      return undefined;
    }, nothing);
    const heard: string[] = [];
    for await (const event of told) heard.push(event);
    expect(heard).toEqual(["a", "b"]);
  });

  it("that fails has its events yielded, and then fails", async () => {
    const discarded: unknown[] = [];
    const failure = new Error("There is no network.");
    const told = telling<string, unknown>(
      async (tell) => {
        tell("a");
        throw failure;
      },
      (result) => void discarded.push(result),
    );
    expect(await told.next()).toEqual({ value: "a", done: false });
    await expect(told.next()).rejects.toBe(failure);
    expect(await told.next()).toEqual({ value: undefined, done: true });
    expect(discarded).toEqual([]);
  });

  it("that fails before anyone listens fails when someone does", async () => {
    const told = telling(async () => Promise.reject(new Error("There is no network.")), nothing);
    await expect(told.next()).rejects.toThrow("There is no network.");
  });
});

describe("a piece of work that is left", () => {
  it("has its result discarded when it comes", async () => {
    const { wait, open } = work();
    const log: string[] = [];
    const told = telling<string, string>(
      async (tell) => {
        tell("a");
        await wait("end");
        log.push("worked");
        return "result";
      },
      async (result) => void log.push(`discarded ${result}`),
    );
    expect(await told.next()).toEqual({ value: "a", done: false });
    const left = told.return("left");
    log.push("left");
    open("end");
    expect(await left).toEqual({ value: "left", done: true });
    expect(log).toEqual(["left", "worked", "discarded result"]);
  });

  it("may fail unheard", async () => {
    const { wait, open } = work();
    const told = telling<string, string>(async (tell) => {
      tell("a");
      await wait("end");
      throw new Error("There is no network.");
    }, nothing);
    await told.next();
    const left = told.return("left");
    open("end");
    expect(await left).toEqual({ value: "left", done: true });
  });

  it("does not have a result discarded that was taken", async () => {
    const discarded: unknown[] = [];
    const told = telling<never, string>(
      async () => "result",
      (result) => void discarded.push(result),
    );
    expect(await told.next()).toEqual({ value: "result", done: true });
    await told.return("left");
    expect(discarded).toEqual([]);
  });
});
