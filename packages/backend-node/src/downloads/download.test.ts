import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type DownloadOptions, type DownloadProgress, download, NoSource } from "./download.js";
import { give, giveUntilCut, localServer } from "./local-server.fixture.js";

const size = 200_000;
const content = new Uint8Array(size).map((_, i) => (i * i) >> 5);
const md5 = createHash("md5").update(content).digest("hex");
const pauses = { first: 1, longest: 2000, patience: 5000 };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  file = join(folder, "part");
  // The machine's own proxies would not know the servers here.
  for (const name of ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const fetched = (
  sources: readonly { readonly url: string }[],
  options: Partial<DownloadOptions> = {},
): Promise<Uint8Array> =>
  download({ sources: sources.map(({ url }) => `${url}/a.h5`), file, size, md5, pauses, ...options });

const host = ({ url }: { readonly url: string }) => new URL(url).host;
const good = () => localServer((request, response) => give(content, request, response));
const status = (code: number, headers = {}) =>
  localServer((_, response) => response.writeHead(code, headers).end());

/** A server that cuts connections, after so many bytes or not at all; `onProgress` has to tell it what has come. */
async function cutting(file: Uint8Array, bytesOf: (request: IncomingMessage) => number | undefined) {
  let cut = (_received: number) => {};
  const server = await localServer((request, response) => {
    const bytes = bytesOf(request);
    if (bytes === undefined) give(file, request, response);
    else cut = giveUntilCut(file, bytes, request, response);
  });
  return { server, onProgress: ({ received }: DownloadProgress) => cut(received) };
}

/** Answers the first requests in one way each, and all others with the file. */
function after(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const left = [...answers];
  return localServer((request, response) => {
    const answer = left.shift();
    if (answer) answer(request, response);
    else give(content, request, response);
  });
}

it("refuses a file of another SHA-256, and keeps none of it", async () => {
  const sha256 = createHash("sha256").update(content).digest("hex");
  expect(await fetched([await good()], { sha256 })).toHaveLength(size);
  await rm(file);
  const refused = fetched([await good()], { sha256: "0".repeat(64) });
  await expect(refused).rejects.toThrow(`gave other bytes than were published (SHA-256 ${sha256})`);
  await expect(refused).rejects.toThrow(NoSource);
  expect(existsSync(file)).toBe(false);
});

describe("a good server", () => {
  it("gives the file, with progress up to the last byte", async () => {
    const progress: number[] = [];
    const bytes = await fetched([await good()], {
      onProgress: ({ received, total }) => {
        expect(total).toBe(size);
        progress.push(received);
      },
    });
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(size);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it("is asked only for what an earlier attempt has not received", async () => {
    await writeFile(file, content.subarray(0, 1234));
    const server = await good();
    const progress: number[] = [];
    const bytes = await fetched([server], { onProgress: ({ received }) => progress.push(received) });
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(server.ranges).toEqual(["bytes=1234-"]);
    expect(progress[0]).toBe(1234);
  });

  it("is not asked for what is there whole", async () => {
    await writeFile(file, content);
    const server = await good();
    expect(await fetched([server])).toHaveLength(size);
    expect(server.ranges).toEqual([]);
  });

  it("is followed where it redirects to", async () => {
    const target = await good();
    expect(await fetched([await status(302, { location: `${target.url}/b` })])).toHaveLength(size);
    expect(target.ranges).toHaveLength(1);
  });

  it("is followed ten times", async () => {
    const loop = await localServer((request, response) =>
      response.writeHead(302, { location: request.url }).end(),
    );
    await expect(fetched([loop])).rejects.toThrow(`${host(loop)} redirects more than 10 times`);
    expect(loop.ranges).toHaveLength(11);
  });
});

describe("a connection that is cut", () => {
  it("at random bytes, is taken up again, more often than there are retries", async () => {
    const random = seeded(7);
    let told = 0;
    let cuts = 0;
    // Each after less than a thirteenth of the file.
    const { server, onProgress } = await cutting(content, () =>
      ++cuts <= 12 ? 1 + Math.floor(random() * (size / 13)) : undefined,
    );
    const bytes = await fetched([server], { retries: 2, onProgress, onTrouble: () => told++ });
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(server.ranges).toHaveLength(13);
    expect(told).toBe(12);
  });

  it("by a server that ignores ranges, begins again", async () => {
    const { server, onProgress } = await cutting(content, (request) => {
      delete request.headers.range;
      return server.ranges.length === 1 ? 50_000 : undefined;
    });
    const bytes = await fetched([server], { onProgress });
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(server.ranges).toEqual([undefined, "bytes=50000-"]);
  });

  it("without a word on the length, is noticed by the length", async () => {
    const server = await after((_, response) => {
      response.writeHead(200, { connection: "close" });
      response.end(content.subarray(0, 777));
    });
    expect(await fetched([server])).toHaveLength(size);
    expect(server.ranges).toEqual([undefined, "bytes=777-"]);
  });

  it("time and again at the same byte, is given up for the next source", async () => {
    const { server: cut, onProgress } = await cutting(content, (request) => {
      delete request.headers.range;
      return 1000;
    });
    const sentences: string[] = [];
    const bytes = await fetched([cut, await good()], {
      retries: 2,
      onProgress,
      onTrouble: (told) => sentences.push(told),
    });
    expect(bytes).toHaveLength(size);
    expect(cut.ranges).toHaveLength(3);
    const again = expect.stringMatching(/^127\.0\.0\.1:\d+ could not be read: .+; trying again in 1 s\.$/);
    expect(sentences).toEqual([again, again, expect.stringMatching(/^.+; trying the next source\.$/)]);
  });

  it("that falls silent, counts as cut", async () => {
    const server = await after((_, response) => {
      response.writeHead(200, { "content-length": size });
      response.write(content.subarray(0, 100));
    });
    const sentences: string[] = [];
    await fetched([server], {
      pauses: { ...pauses, patience: 500 },
      onTrouble: (told) => sentences.push(told),
    });
    expect(sentences).toEqual([
      `${host(server)} could not be read: nothing came for 0.5 seconds; trying again in 1 s.`,
    ]);
    expect(server.ranges[1]).toBe("bytes=100-");
  });

  it("that cannot be made is reported with the reason", async () => {
    const gone = { url: `http://127.0.0.1:${await freePort()}` };
    await expect(fetched([gone], { retries: 1 })).rejects.toThrow(
      `Expected a source to give a.h5, but ${host(gone)} could not be read: connect ECONNREFUSED ${host(gone)}. ` +
        "Check the connection, and HTTPS_PROXY behind a proxy; the next attempt goes on where this one stopped.",
    );
  });
});

describe("a server in trouble", () => {
  it.each([500, 503, 429, 408])("that answers %i is asked again", async (code) => {
    const server = await after((_, response) => response.writeHead(code).end());
    expect(await fetched([server])).toHaveLength(size);
    expect(server.ranges).toHaveLength(2);
  });

  it("is left alone for as long as it asks for", async () => {
    const server = await after((_, response) => response.writeHead(503, { "retry-after": "1" }).end());
    const start = performance.now();
    await fetched([server]);
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it("is left when it asks for long", async () => {
    const busy = await status(429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() });
    expect(await fetched([busy, await good()])).toHaveLength(size);
    expect(busy.ranges).toHaveLength(1);
  });

  it("that answers 404 is left at once, and what is there is kept for the next source", async () => {
    await writeFile(file, content.subarray(0, 10));
    const [missing, next] = [await status(404), await good()];
    expect(await fetched([missing, next])).toHaveLength(size);
    expect(missing.ranges).toHaveLength(1);
    expect(next.ranges).toEqual(["bytes=10-"]);
  });

  it("has its reason reported beside the others'", async () => {
    const [missing, failing] = [await status(404), await status(500)];
    await expect(fetched([missing, failing])).rejects.toThrow(
      `Expected a source to give a.h5, but ${host(missing)} answered 404 (Not Found); ` +
        `${host(failing)} answered 500 (Internal Server Error). Check the connection`,
    );
    expect(failing.ranges).toHaveLength(5);
  });

  it("that gives a web page instead is left at once", async () => {
    const portal = await localServer((_, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end("<!doctype html><title>Please sign in</title>");
    });
    await expect(fetched([portal])).rejects.toThrow("gave a web page instead of the file");
    expect(portal.ranges).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
  });
});

describe("wrong bytes", () => {
  const altered = content.with(150_000, 1 - (content[150_000] ?? 0));

  it("are thrown away, and the next source is asked", async () => {
    const wrong = await localServer((request, response) => give(altered, request, response));
    const next = await good();
    expect(Buffer.compare(await fetched([wrong, next]), content)).toBe(0);
    expect(wrong.ranges).toEqual([undefined]);
    expect(next.ranges).toEqual([undefined]);
  });

  it("are reported with their hash, and not kept", async () => {
    const wrong = await localServer((request, response) => give(altered, request, response));
    const found = createHash("md5").update(altered).digest("hex");
    await expect(fetched([wrong])).rejects.toThrow(`gave other bytes than were published (MD5 ${found})`);
    expect(existsSync(file)).toBe(false);
  });

  it("from an earlier attempt are fetched anew from the same source", async () => {
    await writeFile(file, altered.subarray(0, 160_000));
    const server = await good();
    expect(Buffer.compare(await fetched([server]), content)).toBe(0);
    expect(server.ranges).toEqual(["bytes=160000-", undefined]);
  });

  it("from an earlier attempt, complete or even longer, are fetched anew", async () => {
    for (const left of [altered, new Uint8Array(size + 1)]) {
      await writeFile(file, left);
      expect(Buffer.compare(await fetched([await good()]), content)).toBe(0);
    }
  });

  it("do not come round for ever from a server that also cuts", async () => {
    const { server: wrong, onProgress } = await cutting(altered, ({ headers }) =>
      headers.range === undefined ? 100_000 : undefined,
    );
    await expect(fetched([wrong], { onProgress })).rejects.toThrow("gave other bytes than were published");
    expect(wrong.ranges).toHaveLength(4);
  });

  it("are noticed by the announced length, before any is read", async () => {
    const short = await localServer((_, response) => response.end("not found, but 200"));
    const part = await localServer((_, response) =>
      response.writeHead(206, { "content-range": "bytes 10-99/100" }).end(new Uint8Array(90)),
    );
    await writeFile(file, content.subarray(0, 10));
    await expect(fetched([short, part])).rejects.toThrow(
      `${host(short)} has a file of 18 bytes instead of 200000; ` +
        `${host(part)} has a file of 100 bytes instead of 200000.`,
    );
    expect(await readFile(file)).toHaveLength(10);
  });

  it("are noticed when there is no end of them", async () => {
    const endless = await localServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(content));
      };
      response.on("drain", more);
      more();
    });
    await expect(fetched([endless])).rejects.toThrow("gave more than the 200000 bytes there should be");
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ["another part than was asked for", 206, { "content-range": `bytes 5-${size - 1}/${size}` }],
    ["a part of which it does not say where it begins", 206, {}],
    ["no part at all", 416, {}],
  ])("are not taken from a server that gives %s", async (_, code, headers) => {
    await writeFile(file, content.subarray(0, 10));
    const server = await after((_, response) => response.writeHead(code, headers).end());
    expect(Buffer.compare(await fetched([server]), content)).toBe(0);
    expect(server.ranges).toEqual(["bytes=10-", undefined]);
  });
});

describe("an abort", () => {
  it("in mid-download, keeps what came", async () => {
    const server = await localServer((_, response) => {
      response.writeHead(200, { "content-length": size });
      response.write(content.subarray(0, 5000));
    });
    const abort = new AbortController();
    const attempt = fetched([server], {
      signal: abort.signal,
      onProgress: ({ received }) => {
        if (received === 5000) abort.abort();
      },
    });
    await expect(attempt).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(Buffer.compare(await readFile(file), content.subarray(0, 5000))).toBe(0);
  });

  it("ends a pause", async () => {
    const abort = new AbortController();
    const attempt = fetched([await status(500)], {
      signal: abort.signal,
      pauses: { ...pauses, first: 60_000, longest: 60_000 },
      onTrouble: () => abort.abort(new Error("enough")),
    });
    await expect(attempt).rejects.toThrow("enough");
  });

  it("before the start, asks no one", async () => {
    const server = await good();
    await expect(fetched([server], { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: "AbortError" }),
    );
    expect(server.ranges).toEqual([]);
  });
});

it.skipIf(!existsSync("/dev/full"))(
  "reports a full disk at once (skipped where there is no /dev/full to stand for one)",
  async () => {
    await symlink("/dev/full", file);
    const server = await good();
    await expect(fetched([server, server])).rejects.toMatchObject({ code: "ENOSPC" });
    expect(server.ranges).toHaveLength(1);
  },
);

describe("a proxy", () => {
  it("is used where the environment names one", async () => {
    const server = await good();
    const proxy = await localProxy(server.url);
    vi.stubEnv("HTTP_PROXY", proxy.url);
    expect(await fetched([{ url: "http://weights.invalid" }])).toHaveLength(size);
    expect(proxy.asked).toEqual(["weights.invalid:80"]);
  });

  it("is not used for the hosts that NO_PROXY names", async () => {
    const server = await good();
    const proxy = await localProxy(server.url);
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    expect(await fetched([server])).toHaveLength(size);
    expect(proxy.asked).toEqual([]);
  });

  it("that has no address is reported", async () => {
    vi.stubEnv("HTTPS_PROXY", "proxy example");
    await expect(fetched([await good()])).rejects.toThrow(
      "Expected HTTPS_PROXY and HTTP_PROXY to be addresses such as http://proxy.example:8080, got something else.",
    );
  });
});

/** A port that no server listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A proxy that leads every tunnel to one server. */
async function localProxy(target: string) {
  const asked: (string | undefined)[] = [];
  const server = createServer().on("connect", (request, socket) => {
    asked.push(request.url);
    const upstream = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** The same numbers in each run. @see Park & Miller 1988 */
function seeded(state: number): () => number {
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe("of what nobody has published", () => {
  const announcing = (headers: Record<string, string>) =>
    localServer((request, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      give(content, request, response);
    });
  const asAnnounced = ({ url }: { readonly url: string }, options: Partial<DownloadOptions> = {}) =>
    download({ sources: [`${url}/a.tar.gz`], file, pauses, ...options });
  const base64 = Buffer.from(md5, "hex").toString("base64");

  it("the size is the one that the source announces", async () => {
    await writeFile(file, content.subarray(0, 1234));
    const server = await good();
    expect(Buffer.compare(await asAnnounced(server), content)).toBe(0);
    expect(server.ranges).toEqual([undefined, "bytes=1234-"]);
  });

  it("the hash is the one that Google's storage announces", async () => {
    const bytes = await asAnnounced(await announcing({ "x-goog-hash": `crc32c=AAAAAA==, md5=${base64}` }));
    expect(Buffer.compare(bytes, content)).toBe(0);
    const other = Buffer.alloc(16).toString("base64");
    await expect(asAnnounced(await announcing({ "x-goog-hash": `md5=${other}` }))).rejects.toThrow(
      `gave other bytes than were published (MD5 ${md5})`,
    );
  });

  it("a source that announces no size is left", async () => {
    const server = await localServer((_, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" }).end();
    });
    await expect(asAnnounced(server)).rejects.toThrow(
      /does not say how large the file is\. .* where this one stopped\.$/,
    );
  });
});
