import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OptionError } from "@brushwork/core";
import { readSafetensorsMetadata } from "@brushwork/networks";
import { File, type Group, ready } from "h5wasm/node";
import { build, defaultServerConditions } from "vite";
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { give, localServer } from "../downloads/local-server.fixture.js";
import type { PublishedWeights } from "./catalogue.js";
import { weightStore } from "./store.js";

/** Kernel [3, 3, 3, 2] and bias [2] of conv1_1, [3, 3, 2, 4] and [4] of conv1_2. */
const layers = { block1_conv1: [3, 2], block1_conv2: [2, 4] } as const;
/** Quarters and halves: float16 holds them exactly, except for the last. */
const kernel = Float32Array.from({ length: 54 }, (_, i) => (i === 53 ? 1 / 3 : i / 4));

let published: Uint8Array;
let folder: string;
beforeAll(async () => {
  published = await kerasFile();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A store whose one network is served by these addresses. */
function storeOf(...sources: readonly { readonly url: string }[]) {
  const addresses = sources.map(({ url }) => `${url}/tiny.h5`);
  return weightStore({ folder, catalogue: { tiny: entry(addresses) } });
}

function entry(sources: readonly string[]): PublishedWeights {
  return {
    sources: [sources[0] ?? "http://127.0.0.1:1/tiny.h5", ...sources.slice(1)],
    bytes: published.length,
    md5: md5Of(published),
    licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
    attribution: "Tiny, by its authors",
    citation: "The authors: Tiny, 2014",
  };
}

const good = () => localServer((request, response) => give(published, request, response));
const inStore = () => join(folder, "weights");
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("pull", () => {
  it("fills an empty cache with what load gives, and records the hashes", async () => {
    const server = await good();
    const store = storeOf(server);
    const record = await store.pull("tiny");

    const file = await readFile(store.path("tiny"));
    expect(store.path("tiny")).toBe(join(inStore(), "tiny.safetensors"));
    expect(record).toMatchObject({ half: false, bytes: file.length, sha256: sha256Of(file) });
    expect(record.provenance).toEqual({
      network: "tiny",
      attribution: "Tiny, by its authors",
      citation: "The authors: Tiny, 2014",
      licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
      source: `${server.url}/tiny.h5`,
      md5: md5Of(published),
      changes: "converted to safetensors by Brushwork",
    });
    expect(readSafetensorsMetadata(file)).toEqual(record.provenance);

    const loaded = await store.load("tiny");
    expect(loaded.record).toEqual(record);
    expect(
      Object.fromEntries(Object.entries(loaded.weights).map(([name, { shape }]) => [name, shape])),
    ).toEqual({
      "block1_conv1/kernel": [3, 3, 3, 2],
      "block1_conv1/bias": [2],
      "block1_conv2/kernel": [3, 3, 2, 4],
      "block1_conv2/bias": [4],
    });
    expect(loaded.weights["block1_conv1/kernel"]?.data).toEqual(kernel);
    expect(await readdir(inStore())).toEqual(["tiny.NOTICE.txt", "tiny.json", "tiny.safetensors"]);
  });

  it("stores the licence and whom to thank beside the file", async () => {
    const server = await good();
    await storeOf(server).pull("tiny", { half: true });
    expect(await readFile(join(inStore(), "tiny.NOTICE.txt"), "utf8")).toBe(
      [
        "Tiny, by its authors.",
        "Please cite: The authors: Tiny, 2014.",
        "Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).",
        `Published at: ${server.url}/tiny.h5 (MD5 ${md5Of(published)}).`,
        "Changes: converted to safetensors by Brushwork, numbers rounded to float16.",
        "",
      ].join("\n"),
    );
  });

  it("in half precision, halves the numbers' size, and load widens them", async () => {
    const store = storeOf(await good());
    const whole = await store.pull("tiny");
    const half = await store.pull("tiny", { half: true });
    // 54 + 2 + 72 + 4 numbers, two bytes less each; the header grows by a few words.
    expect(whole.bytes - half.bytes).toBeGreaterThan(132);
    const { weights, record } = await store.load("tiny");
    expect(record).toEqual(half);
    const { data } = weights["block1_conv1/kernel"] ?? { data: [] };
    expect([...data].slice(0, 53)).toEqual([...kernel].slice(0, 53));
    // One third in float16: 1365 / 4096.
    expect(data[53]).toBe(0.333251953125);
  });

  it("asks no one for what is there and intact", async () => {
    const server = await good();
    const store = storeOf(server);
    expect(await store.pull("tiny")).toEqual(await store.pull("tiny"));
    expect(server.ranges).toHaveLength(1);
  });

  it("tries the second source when the first fails", async () => {
    const missing = await localServer((_, response) => response.writeHead(404).end());
    const store = storeOf(missing, await good());
    await store.pull("tiny");
    await store.verify("tiny");
  });

  it("asks other addresses where they are given, and takes only the published bytes from them", async () => {
    const [own, other] = [await good(), await localServer((_, response) => response.end("something else"))];
    const store = storeOf();
    await expect(store.pull("tiny", { sources: [`${other.url}/tiny.h5`] })).rejects.toThrow(
      "has a file of 14 bytes",
    );
    await store.pull("tiny", { sources: [`${own.url}/tiny.h5`] });
    await store.verify("tiny");
  });

  it("twice at once, both succeed", async () => {
    const store = storeOf(await good());
    const [first, second] = await Promise.all([store.pull("tiny"), store.pull("tiny")]);
    expect(first?.sha256).toBe(second?.sha256);
    expect((await store.verify("tiny")).sha256).toBe(first?.sha256);
    expect(await readdir(inStore())).toHaveLength(3);
  });

  it("goes on where an aborted one stopped", async () => {
    const abort = new AbortController();
    const stuck = await localServer((_, response) => {
      response.writeHead(200, { "content-length": published.length });
      response.write(published.subarray(0, 1000));
    });
    const onProgress = ({ received }: { readonly received: number }) => {
      if (received === 1000) abort.abort();
    };
    await expect(storeOf(stuck).pull("tiny", { signal: abort.signal, onProgress })).rejects.toThrow(
      expect.objectContaining({ name: "AbortError" }),
    );
    const server = await good();
    await storeOf(server).pull("tiny");
    expect(server.ranges).toEqual(["bytes=1000-"]);
  });

  it("goes on where one stopped that was killed in mid-download", async () => {
    // Cut after half the bytes for the child, which then waits to be killed.
    const half = Math.floor(published.length / 2);
    const server = await localServer((request, response) => {
      if (server.ranges.length > 1) return give(published, request, response);
      response.writeHead(200, { "content-length": published.length });
      response.write(published.subarray(0, half));
    });
    await killWhenReceived(half, entry([`${server.url}/tiny.h5`]));
    expect(await readdir(inStore())).toEqual([expect.stringMatching(/^tiny\.download\.\d+\..+\.part$/)]);

    const store = storeOf(server);
    await store.pull("tiny");
    expect(server.ranges).toEqual([undefined, `bytes=${half}-`]);
    await store.verify("tiny");
    expect(await readdir(inStore())).toHaveLength(3);
  });

  it.skipIf(!existsSync("/dev/full"))(
    "reports a full disk (skipped where there is no /dev/full to stand for one)",
    async () => {
      await mkdir(inStore());
      await symlink("/dev/full", join(inStore(), "tiny.download.part"));
      await expect(storeOf(await good()).pull("tiny")).rejects.toThrow(
        `Expected room on the disk of the cache folder ${folder}, found none left. ` +
          "Free some, or set BRUSHWORK_CACHE to another folder.",
      );
      expect(await storeOf().stored("tiny")).toBeUndefined();
    },
  );

  it("reports a file in the cache folder's way", async () => {
    await writeFile(inStore(), "");
    await expect(storeOf(await good()).pull("tiny")).rejects.toThrow(
      `Expected the cache folder ${folder} to be a folder, but a file is in its way.`,
    );
  });
});

describe("load and verify", () => {
  const mend = 'with `weightStore().pull("tiny")`.';

  it("say how to get weights that are not there", async () => {
    const store = storeOf();
    const sentence = `Expected the weights of tiny in ${store.path("tiny")}, found none. Get them ${mend}`;
    await expect(store.load("tiny")).rejects.toThrow(sentence);
    await expect(store.verify("tiny")).rejects.toThrow(sentence);
    expect(await store.stored("tiny")).toBeUndefined();
  });

  it("notice a truncated file, and pull mends it", async () => {
    const store = storeOf(await good());
    const { bytes } = await store.pull("tiny");
    await truncate(store.path("tiny"), 100);
    const sentence =
      `Expected ${store.path("tiny")} to have the ${bytes} bytes that were stored, got 100. ` +
      `Get them again ${mend}`;
    await expect(store.load("tiny")).rejects.toThrow(sentence);
    await expect(store.verify("tiny")).rejects.toThrow(sentence);
    await store.pull("tiny");
    await store.verify("tiny");
  });

  it("notice an altered byte", async () => {
    const store = storeOf(await good());
    const { sha256 } = await store.pull("tiny", { half: true });
    const file = await readFile(store.path("tiny"));
    file.writeUInt8(255 - file.readUInt8(200), 200);
    await writeFile(store.path("tiny"), file);
    await expect(store.load("tiny")).rejects.toMatchObject({
      message:
        `Expected ${store.path("tiny")} to be as it was stored, with the SHA-256 ${sha256}, got ${sha256Of(file)}. ` +
        'Get them again with `weightStore().pull("tiny", { half: true })`.',
      remedy: { kind: "pull weights", network: "tiny", half: true, again: true },
    });
  });

  it("notice a file that is gone", async () => {
    const store = storeOf(await good());
    await store.pull("tiny");
    await rm(store.path("tiny"));
    await expect(store.load("tiny")).rejects.toThrow(
      `Expected ${store.path("tiny")} to be the weights of tiny, but there is no such file. Get them again ${mend}`,
    );
  });

  it.each(["", "{", "null", '{"sha256":"0","bytes":1,"half":false,"pulled":"","provenance":{}}'])(
    "take no record for one that is damaged: %s",
    async (text) => {
      const store = storeOf(await good());
      await store.pull("tiny");
      await writeFile(join(inStore(), "tiny.json"), text);
      await expect(store.load("tiny")).rejects.toThrow(`found none. Get them ${mend}`);
    },
  );
});

it("lists what can be pulled and what was", async () => {
  const store = storeOf(await good());
  const [before] = await store.list();
  expect(before).toMatchObject({ name: "tiny", path: store.path("tiny"), stored: undefined });
  const record = await store.pull("tiny");
  expect((await store.list()).map(({ stored }) => stored)).toEqual([record]);
});

it("removes weights and what downloads have left", async () => {
  const store = storeOf(await good());
  expect(await store.remove("tiny")).toBe(false);
  await store.pull("tiny");
  await writeFile(join(inStore(), "tiny.download.part"), "left");
  await writeFile(join(inStore(), "mine.txt"), "not ours");
  expect(await store.remove("tiny")).toBe(true);
  expect(await readdir(inStore())).toEqual(["mine.txt"]);
});

it("names the networks there are when asked for another", async () => {
  const store = weightStore({ folder });
  expect(store.names).toEqual(["vgg19", "vgg16"]);
  const sentence = 'Expected the network to be one of vgg19, vgg16, got "alexnet".';
  expect(() => store.path("alexnet")).toThrow(new OptionError(sentence));
  await expect(store.pull("alexnet")).rejects.toThrow(new OptionError(sentence));
  await expect(store.load("toString")).rejects.toThrow('got "toString"');
});

/** A file laid out as Keras's: a group per layer, the names of its arrays in an attribute, pooling layers empty. */
async function kerasFile(): Promise<Uint8Array> {
  await ready;
  const scratch = await mkdtemp(join(tmpdir(), "brushwork-"));
  const path = join(scratch, "tiny.h5");
  const file = new File(path, "w");
  const layerNames = ["input_1", ...Object.keys(layers), "block1_pool"];
  file.create_attribute("layer_names", layerNames);
  file.create_attribute("backend", "tensorflow");
  for (const layer of layerNames) {
    const group: Group = file.create_group(layer);
    const [inputs, outputs] = layers[layer as keyof typeof layers] ?? [];
    if (inputs === undefined) continue;
    const names = [`${layer}_W_1:0`, `${layer}_b_1:0`] as const;
    group.create_attribute("weight_names", [...names]);
    const data = inputs === 3 ? kernel : new Float32Array(9 * inputs * outputs).fill(0.5);
    group.create_dataset({ name: names[0], data, shape: [3, 3, inputs, outputs] });
    group.create_dataset({ name: names[1], data: new Float32Array(outputs).fill(-1), shape: [outputs] });
  }
  file.close();
  const bytes = await readFile(path);
  await rm(scratch, { recursive: true });
  return bytes;
}

/** Pulls in a process of its own, which is killed, past any clearing up, when so many bytes have come. */
async function killWhenReceived(bytes: number, tiny: PublishedWeights): Promise<void> {
  const module = await bundledStore();
  const child = spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { weightStore } from ${JSON.stringify(module)};
      const [folder, tiny] = JSON.parse(process.argv[1]);
      await weightStore({ folder, catalogue: { tiny } }).pull("tiny", {
        onProgress: ({ received }) => received === ${bytes} && console.log("received"),
      });`,
      JSON.stringify([folder, tiny]),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [told] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(String(told)).toBe("received\n");
}

/** The store as one file, for a process that reads no TypeScript; within this package, where imports are found. */
async function bundledStore(): Promise<string> {
  const outDir = join(import.meta.dirname, "..", "..", "node_modules", ".store-for-test");
  onTestFinished(() => rm(outDir, { recursive: true }));
  const conditions = ["@brushwork/source", ...defaultServerConditions];
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { resolve: { conditions }, noExternal: [/^@brushwork\//] },
    build: { ssr: join(import.meta.dirname, "store.ts"), outDir, minify: false },
  });
  return pathToFileURL(join(outDir, "store.js")).href;
}
