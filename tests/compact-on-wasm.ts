import { loadNetwork, startEngine } from "@brushwork/backend-node";
import type { Engine, Network } from "@brushwork/core";
import { afterAll, beforeAll } from "vitest";

/** The network compact on the engine wasm, on one thread, from before the tests that follow to after them. */
export function compactOnWasm(): { readonly engine: Engine; readonly network: Network } {
  let engine: Engine;
  let network: Network;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
    ({ network } = await loadNetwork("compact"));
  });
  afterAll(async () => {
    network.dispose();
    await engine.stop();
  });
  return {
    get engine() {
      return engine;
    },
    get network() {
      return network;
    },
  };
}
