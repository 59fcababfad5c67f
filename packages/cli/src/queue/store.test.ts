import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { storeOf } from "./open-store.js";
import { type S3Server, s3Server } from "./s3-server.fixture.js";
import { s3Store } from "./s3-store.js";
import { giveIdentity, type Store, storeIdentity } from "./store.js";

const bytes = (...values: readonly number[]) => Uint8Array.from(values);

let server: S3Server;
let folder: string;
beforeAll(async () => {
  server = await s3Server("studio");
});
afterAll(() => server.close());
beforeEach(async () => {
  server.files.clear();
  server.answers.length = 0;
  folder = await mkdtemp(join(tmpdir(), "brushwork-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stores: readonly (readonly [string, () => Store])[] = [
  ["a folder", () => storeOf(join(folder, "store"), {})],
  ["a bucket", () => storeOf("s3://studio/night shift", server.environment)],
  ["a whole bucket", () => storeOf("s3://studio", server.environment)],
];

describe.each(stores)("%s", (_, open) => {
  it("keeps files by their keys", async () => {
    const store = open();
    expect(await store.read("a/inputs/b")).toBeUndefined();
    expect(await store.has("a/inputs/b")).toBe(false);
    await store.write("a/inputs/b", bytes(1, 2, 255));
    expect(new Uint8Array((await store.read("a/inputs/b")) ?? [])).toEqual(bytes(1, 2, 255));
    expect(await store.has("a/inputs/b")).toBe(true);
    await store.write("a/inputs/b", bytes());
    expect((await store.read("a/inputs/b"))?.length).toBe(0);
    await store.remove("a/inputs/b");
    await store.remove("a/inputs/b");
    expect(await store.has("a/inputs/b")).toBe(false);
  });

  it("deletes all files of a batch, and no other's", async () => {
    const store = open();
    const others = ["ab/c.png", "b/a/c.png"];
    for (const key of ["a/1.png", "a/2&3.png", "a/inputs/1", "a/inputs/2", "a/inputs/3", ...others])
      await store.write(key, bytes(1));
    await store.removeBelow("a");
    await store.removeBelow("none");
    expect(await store.has("a/2&3.png")).toBe(false);
    expect(await store.has("a/inputs/3")).toBe(false);
    for (const key of others) expect(await store.has(key)).toBe(true);
  });

  it("has one identity, whoever gives it", async () => {
    expect(await storeIdentity(open())).toBeUndefined();
    const identities = await Promise.all([giveIdentity(open()), giveIdentity(open())]);
    expect(identities[0]).toMatch(/^[\da-f-]{36}$/);
    expect(identities[1]).toBe(identities[0]);
    expect(await storeIdentity(open())).toBe(identities[0]);
  });
});

it("refuses the address of another kind of place", () => {
  expect(() => storeOf("https://studio/x", {})).toThrow(
    "Expected --store to be a folder or s3://BUCKET/PREFIX, got https://studio/x.",
  );
});

describe("a folder", () => {
  it("that is a file is refused in a sentence", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    await expect(storeOf(file, {}).write("a/b", bytes(1))).rejects.toThrow(
      /^The store .*file cannot be written: .*Free some space or grant write permission there, or name another with --store\.$/,
    );
    expect(await storeOf(file, {}).read("a/b")).toBeUndefined();
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

describe("a bucket", () => {
  const open = (environment: Readonly<Record<string, string>> = {}, word = "s3://studio/x") =>
    s3Store(word, { ...server.environment, ...environment }, 0);

  it("is asked again when the server is overloaded, a few times", async () => {
    server.fail(503, 2);
    await open().write("a/b", bytes(7));
    expect(server.answers).toEqual(["PUT 503", "PUT 503", "PUT 200"]);
    expect([...server.files.keys()]).toEqual(["x/a/b"]);
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string, RegExp]>([
    [
      "a wrong secret",
      { AWS_SECRET_ACCESS_KEY: "wrong" },
      "s3://studio/x",
      /^The store s3:\/\/studio\/x refuses these keys \(SignatureDoesNotMatch\): check AWS_ACCESS_KEY_ID/,
    ],
    [
      "a wrong key",
      { AWS_ACCESS_KEY_ID: "wrong" },
      "s3://studio/x",
      /refuses these keys \(InvalidAccessKeyId\)/,
    ],
    ["another bucket", {}, "s3://gone/x", /^There is no bucket for s3:\/\/gone\/x: create it/],
  ])("says what is wrong with %s", async (_, environment, word, sentence) => {
    const store = open(environment, word);
    await expect(store.write("a/b", bytes(1))).rejects.toThrow(sentence);
    expect(server.files.size).toBe(0);
  });

  it("says that it is full", async () => {
    server.fail(507, 100);
    await expect(open().write("a/b", bytes(1))).rejects.toThrow(
      "The store s3://studio/x cannot be written (507 XMinioStorageFull): free some space or grant write permission there",
    );
    server.fail(0, 0);
  });

  it("says that nobody answers", async () => {
    const gone = await s3Server("studio");
    await gone.close();
    await expect(open(gone.environment).read("a/b")).rejects.toThrow(
      /^The store s3:\/\/studio\/x cannot be reached at http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\): check AWS_ENDPOINT_URL/,
    );
  });

  it("is at Amazon where no other server is named", async () => {
    const asked: string[] = [];
    const fetchBefore = globalThis.fetch;
    globalThis.fetch = async (request) => {
      asked.push((request as Request).url);
      return new Response("", { status: 404 });
    };
    try {
      for (const word of ["s3://studio/x", "s3://a.b/"])
        await open({ AWS_ENDPOINT_URL: "" }, word).read("a/b c");
    } finally {
      globalThis.fetch = fetchBefore;
    }
    expect(asked).toEqual([
      "https://studio.s3.eu-test-1.amazonaws.com/x/a/b%20c",
      "https://s3.eu-test-1.amazonaws.com/a.b/a/b%20c",
    ]);
  });

  it.each([
    ["s3://", {}, "Expected --store to be s3://BUCKET/PREFIX, got s3://."],
    ["s3://Bad_Name/x", {}, "Expected --store to be s3://BUCKET/PREFIX, got s3://Bad_Name/x."],
    ["s3://studio", { AWS_SECRET_ACCESS_KEY: "" }, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got none."],
    [
      "s3://studio",
      { AWS_ENDPOINT_URL: "minio:9000" },
      "Expected AWS_ENDPOINT_URL to be the address of a server",
    ],
  ])("named %s with %j is refused", (word, environment, sentence) => {
    expect(() => open(environment, word)).toThrow(sentence);
  });
});
