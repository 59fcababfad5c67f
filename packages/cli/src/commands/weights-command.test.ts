import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type WeightStore, weightStore } from "@brushwork/backend-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  give,
  giveUntilCut,
  type LocalServer,
  localServer,
} from "../../../backend-node/src/downloads/local-server.fixture.js";
import { main } from "../main.js";

const floats = 16_384;
const published = safetensors(floats);

describe("brushwork weights pull", () => {
  let folder: string;
  let [stdout, stderr] = ["", ""];
  const { isTTY } = process.stderr;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    [stdout, stderr] = ["", ""];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += text;
      return true;
    });
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    });
    Object.assign(process.stderr, { isTTY: false });
    // The machine's own proxies would not know the servers here.
    for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"])
      vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    Object.assign(process.stderr, { isTTY });
    await rm(folder, { recursive: true });
  });

  /** A store whose network "tiny" a server publishes. */
  function storeOf({ url }: LocalServer): WeightStore {
    const tiny = {
      sources: [`${url}/tiny.safetensors`] as const,
      bytes: published.length,
      md5: createHash("md5").update(published).digest("hex"),
      licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
      attribution: "Tiny, by its authors",
      citation: "The authors: Tiny, 2014",
    };
    return weightStore({ folder, catalogue: { tiny } });
  }
  const good = () => localServer((request, response) => give(published, request, response));
  const pull = (store: WeightStore, ...options: readonly string[]) =>
    main(["weights", "pull", "tiny", ...options], { store });
  const sha256Of = async (path: string) =>
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  const events = () =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

  it("says where they are now, their hash, and whom to thank", async () => {
    const store = storeOf(await good());
    expect(await pull(store)).toBe(0);
    const path = join(folder, "weights", "tiny.safetensors");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^100% {2}1 MiB of 1 MiB/m);
    expect(stderr.split("\n").slice(-4)).toEqual([
      `The weights are in ${path}, 1 MiB, SHA-256 ${await sha256Of(path)}.`,
      "Tiny, by its authors.",
      "Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). It is kept beside them.",
      "",
    ]);
    expect(await main(["weights", "verify", "tiny"], { store })).toBe(0);
    expect(stdout).toMatch(/^tiny: intact, 1 MiB, float32, SHA-256 /);
  });

  it("shows a bar on a terminal, until it is full", async () => {
    Object.assign(process.stderr, { isTTY: true });
    expect(await pull(storeOf(await good()))).toBe(0);
    expect(stderr).toMatch(/\[#{24}\] 100% {2}1 MiB of 1 MiB[^\n]*\nThe weights are in /);
  });

  it("prints events for programs, the last with the record", async () => {
    const store = storeOf(await good());
    expect(await pull(store, "--half", "--json")).toBe(0);
    expect(stderr).toBe("");
    const told = events();
    expect(told.filter(({ event }) => event === "download").at(-1)).toEqual({
      event: "download",
      received: published.length,
      total: published.length,
    });
    expect(told.at(-1)).toEqual({
      event: "pulled",
      path: store.path("tiny"),
      ...(await store.verify("tiny")),
    });
    expect(told.at(-1)).toMatchObject({ half: true });
  });

  it("asks the mirror that is named, and says nothing where it is to be quiet", async () => {
    const [own, mirror] = [await good(), await good()];
    expect(await pull(storeOf(own), "--source", `${mirror.url}/tiny.safetensors`, "--quiet")).toBe(0);
    expect([own.ranges.length, mirror.ranges.length, stdout, stderr]).toEqual([0, 1, "", ""]);
  });

  it("is stopped by Ctrl-C, keeps what came, and goes on there", async () => {
    const cut = 40_000;
    const server = await localServer((request, response) => {
      if (request.headers.range === undefined) giveUntilCut(published, cut, request, response);
      else give(published, request, response);
    });
    const store = storeOf(server);
    const stopped = pull(store, "--json");
    await vi.waitFor(() => expect(stdout).toContain(`"received":${cut},`));
    process.emit("SIGINT", "SIGINT");
    expect(await stopped).toBe(130);
    const sentence = "Stopped; the next pull goes on where this one stopped.";
    expect(stderr).toBe(`brushwork: ${sentence}\n`);
    expect(events().at(-1)).toEqual({ event: "error", message: sentence, exitCode: 130 });
    expect(await readdir(join(folder, "weights"))).toEqual(["tiny.download.part"]);

    expect(await pull(store)).toBe(0);
    expect(server.ranges).toEqual([undefined, `bytes=${cut}-`]);
    expect(await readdir(join(folder, "weights"))).not.toContain("tiny.download.part");
    expect((await store.load("tiny")).weights["conv1_1/bias"]?.data).toHaveLength(floats);
  });

  it("is refused in one line where no source gives them, and what came stays", async () => {
    const server = await localServer((_, response) => response.writeHead(404).end());
    expect(await pull(storeOf(server))).toBe(1);
    expect(stderr).toMatch(
      /^brushwork: Expected a source to give tiny\.safetensors, but 127\.0\.0\.1:\d+ answered 404.*\n$/,
    );
    expect(stdout).toBe("");
  });
});

/** One array of so many zeros, in the format safetensors. */
function safetensors(count: number): Uint8Array {
  const header = JSON.stringify({
    "conv1_1/bias": { dtype: "F32", shape: [count], data_offsets: [0, 4 * count] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(4 * count)]);
}
