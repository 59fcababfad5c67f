import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Why tests of queues are skipped here, for their titles; undefined where redis-server is on the path.
 * @throws that reason where BRUSHWORK_EXPECT_REDIS is "yes" in the environment: there they must run
 */
export function absenceOfRedis(): string | undefined {
  if (spawnSync("redis-server", ["--version"]).status === 0) return undefined;
  const reason = "redis-server is not on the path";
  if (process.env.BRUSHWORK_EXPECT_REDIS === "yes") throw new Error(reason);
  return reason;
}

/** A Redis of a test's own. */
export interface TestRedis {
  readonly port: number;
  /** The address of one of its 16 databases, each of which is a queue of its own. */
  address(database: number): string;
  /** Has it do a command. @returns its answer */
  ask(database: number, ...words: readonly string[]): string;
  stop(): Promise<void>;
}

/** Starts a Redis at a port that is free, with its files in a temporary folder. */
export async function startRedis(...options: readonly string[]): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "brushwork-redis-"));
  for (;;) {
    const port = await freePort();
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...options];
    const child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    let output = "";
    const isReady = await new Promise<boolean>((resolve) => {
      child.stdout.on("data", (chunk) => {
        output += chunk;
        if (output.includes("Ready to accept connections")) resolve(true);
      });
      void ended.then(() => resolve(false));
    });
    // Another program may have been faster to take the port.
    if (!isReady && output.includes("Address already in use")) continue;
    if (!isReady) throw new Error(output);
    return {
      port,
      address: (database) => `redis://127.0.0.1:${port}/${database}`,
      ask: (database, ...words) =>
        spawnSync("redis-cli", ["-p", String(port), "-n", String(database), ...words], { encoding: "utf8" })
          .stdout,
      async stop() {
        child.kill("SIGKILL");
        await ended;
        await rm(folder, { recursive: true, force: true });
      },
    };
  }
}

/** A way to a port that can be cut: then nothing comes through, and neither side gets to know. */
export interface TestWire {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): void;
}

export async function wireTo(port: number): Promise<TestWire> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isCut) from.pause();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { readonly port: number }).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A port that nobody listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
