import type { Redis } from "ioredis";
import { Failure, sentenceOf, UsageError } from "../failure.js";

/** The oldest Redis whose commands are all there. */
const oldest = [6, 2] as const;

/** What is in the queue, which changes with what a job consists of. */
const format = "1";
const formatKey = "brushwork:format";

/**
 * Loads a package that only queues need.
 * @throws {Failure} when it is not installed
 */
export async function loadForQueue<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Failure(
      "A queue needs two more packages: npm install bullmq ioredis, with --global if brushwork is installed that way.",
      { cause },
    );
  }
}

/** Connections to a Redis, or a Valkey, that was found to be fit for a queue. */
export interface RedisConnections {
  /** Its address, without a password. */
  readonly name: string;
  readonly client: Redis;
  /** Another connection to the same. */
  another(): Redis;
  close(): void;
}

/**
 * Connects to Redis. Connections that are lost later are made again, however long it takes.
 *
 * @param onTrouble called when that happens
 * @throws {UsageError | Failure} when the address is none, or nothing fit for a queue is there
 */
export async function redisConnections(
  address: string,
  onTrouble: (sentence: string) => void,
): Promise<RedisConnections> {
  const name = nameOf(address);
  const { Redis } = await loadForQueue(() => import("ioredis"));
  const opened: Redis[] = [];
  let isReady = false;
  let isLost = false;
  let lastError: unknown;
  const open = () => {
    const client = new Redis(address, {
      lazyConnect: true,
      connectTimeout: 10_000,
      // A command waits until there is a connection again.
      maxRetriesPerRequest: null,
      retryStrategy: (times) => (isReady ? Math.min(times * 200, 5000) : null),
    });
    client.on("error", (error) => {
      lastError ??= error;
    });
    opened.push(client);
    return client;
  };
  const client = open();
  try {
    await client.connect();
    const info = await client.info("server");
    checkVersion(name, info);
    const memory = await client.info("memory");
    if (!/^maxmemory:0\b/m.test(memory) && !/^maxmemory_policy:noeviction\b/m.test(memory))
      onTrouble(
        `Redis at ${name} drops jobs when its memory is full: set maxmemory-policy to noeviction there.`,
      );
    await client.setnx(formatKey, format);
    const found = await client.get(formatKey);
    if (found !== format)
      throw new Failure(
        `The queue at ${name} has format ${found}, from another version of brushwork: use one version of brushwork on all machines, ` +
          "or another database of Redis for this one, such as /1 at the end of the address.",
      );
  } catch (cause) {
    client.disconnect();
    throw cause instanceof Failure ? cause : connectionFailure(name, lastError ?? cause);
  }
  isReady = true;
  client.on("close", () => {
    if (!isLost && isReady) onTrouble(`The connection to ${name} was lost; trying again until it is back.`);
    isLost = true;
  });
  client.on("ready", () => {
    if (isLost) onTrouble(`The connection to ${name} is back.`);
    isLost = false;
  });
  return {
    name,
    client,
    another: open,
    close() {
      isReady = false;
      // One that waits for its next attempt ends with it; disconnected now, it would never answer what it was asked.
      for (const one of opened) if (!["close", "reconnecting"].includes(one.status)) one.disconnect();
    },
  };
}

/** "redis://host:6379/0": what may be printed. @throws {UsageError} when the address is none */
function nameOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // What is no address may still contain a password.
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
    throw new UsageError("Expected --queue to be an address such as redis://HOST:6379, got something else.");
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}

function checkVersion(name: string, info: string): void {
  const [, version = ""] = /^redis_version:(\S+)/m.exec(info) ?? [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw new Failure(
      `Expected Redis ${oldest.join(".")} or newer, or Valkey, at ${name}, got ${version}: update it.`,
    );
}

function connectionFailure(name: string, error: unknown): Failure {
  const { code = "", message = "" } = error as NodeJS.ErrnoException;
  const failure = (sentence: string) => new Failure(sentence, { cause: error });
  const host = new URL(name).hostname;
  if (code === "ECONNREFUSED" || /ECONNREFUSED/.test(message))
    return failure(
      `There is no Redis at ${name}: start one there (redis-server), or name another with --queue or BRUSHWORK_QUEUE.`,
    );
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return failure(`There is no machine named ${host}: check the address of the queue.`);
  if (/WRONGPASS|NOAUTH|invalid password/i.test(message))
    return failure(
      `Redis at ${name} refuses the password: put the right one into BRUSHWORK_QUEUE, such as redis://:PASSWORD@HOST:6379.`,
    );
  if (/NOPERM/.test(message))
    return failure(
      `Redis at ${name} does not let this user work with queues: give it permission. ${message}`,
    );
  if (/certificate|self.signed|CERT/i.test(`${code} ${message}`))
    return failure(
      `The certificate of ${name} is not trusted (${sentenceOf(error)}): name its authority's file in NODE_EXTRA_CA_CERTS.`,
    );
  if (/SSL|EPROTO/.test(`${code} ${message}`))
    return failure(`Redis at ${name} does not use TLS: use redis://, or turn TLS on there.`);
  if (code === "ETIMEDOUT" || /timed?.?out/i.test(message))
    return failure(
      `Redis at ${name} does not answer: check the address, that no firewall is in between, and ` +
        `${name.startsWith("rediss") ? "that it speaks TLS" : "whether it speaks TLS alone (rediss://)"}.`,
    );
  if (code === "ECONNRESET" || /Connection is closed/.test(message))
    return failure(
      `There is no queue to be had at ${name}, which closes the connection: if it speaks TLS, name it with rediss://.`,
    );
  return failure(`There is no queue to be had at ${name} (${sentenceOf(error)}).`);
}
