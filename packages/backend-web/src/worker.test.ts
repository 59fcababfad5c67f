import type { LossPlugin } from "@brushwork/core";
import { afterEach, expect, it, vi } from "vitest";
import type { Reply } from "./protocol.js";
import { serve } from "./worker.js";

const plugin = (name: string): LossPlugin => ({
  name,
  options: { type: "object" },
  create: () => {
    throw new Error("Expected no loss to be made.");
  },
});

afterEach(() => vi.unstubAllGlobals());

/** What a worker with these plugins answers when it is asked which losses there are. */
async function answer(...plugins: readonly LossPlugin[]): Promise<Reply> {
  let listener: ((event: { data: unknown }) => void) | undefined;
  return new Promise((resolve) => {
    vi.stubGlobal("addEventListener", (_: string, added: typeof listener) => {
      listener = added;
    });
    vi.stubGlobal("postMessage", resolve);
    serve({ plugins });
    listener?.({ data: { type: "losses" } });
  });
}

it("knows our losses and its own", async () => {
  const reply = await answer(plugin("brushwork-loss-foo"));
  expect(reply).toMatchObject({ type: "losses" });
  const names = reply.type === "losses" ? reply.support.losses.map(({ name }) => name) : [];
  expect(names).toEqual([
    "content",
    "style",
    "wasserstein",
    "tv",
    "moments",
    "histogram",
    "nearest",
    "laplacian",
    "brushwork-loss-foo",
  ]);
});

it.each([
  ["style", [plugin("style")]],
  ["brushwork-loss-foo", [plugin("brushwork-loss-foo"), plugin("brushwork-loss-foo")]],
])("refuses a second loss called %s, as a run does", async (name, plugins) => {
  expect(await answer(...plugins)).toEqual({
    type: "failed",
    error: {
      name: "OptionError",
      message: `Expected loss plugins with different names, got "${name}" twice: leave one out.`,
    },
  });
});
