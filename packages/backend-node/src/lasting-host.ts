import type { Engine } from "@brushwork/core";
import type { FoundNetwork, Host } from "@brushwork/runs";
import { type NodeHostOptions, nodeHost, type PictureSource } from "./node-host.js";

/** A host for several runs, one after another. */
export interface LastingHost extends Host<PictureSource> {
  /** Stops the engine and frees the networks; the next run starts anew. */
  release(): Promise<void>;
}

interface Running {
  readonly engine: Engine;
  /** By the recipe's words for them. */
  readonly networks: Map<string, FoundNetwork>;
}

/**
 * What several runs need of this machine: the engine that one run has started, and the networks that it has loaded, are
 * there for the next.
 */
export function lastingHost(options: Omit<NodeHostOptions, "network"> = {}): LastingHost {
  const host = nodeHost(options);
  let running: Running | undefined;
  async function release() {
    const { engine, networks } = running ?? {};
    running = undefined;
    for (const { network } of networks?.values() ?? []) network.dispose();
    await engine?.stop();
  }
  return {
    ...host,
    async start(names, onSkip) {
      // A run that goes on to the next engine does not name the one that failed.
      if (running === undefined || !names.includes(running.engine.name)) {
        await release();
        running = { engine: await host.start(names, onSkip), networks: new Map() };
      }
      return { ...running.engine, stop: async () => {} };
    },
    async network(wanted, onProgress) {
      const key = JSON.stringify(wanted);
      const found = running?.networks.get(key) ?? (await host.network(wanted, onProgress));
      running?.networks.set(key, found);
      return { ...found, network: { ...found.network, dispose() {} } };
    },
    release,
  };
}
