import { readFile } from "node:fs/promises";
import { presets } from "@brushwork/recipes";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeEach, describe, expect, it } from "vitest";
import { pictureOf } from "../command.fixture.js";
import type { Order, Painter } from "../painting/order.js";
import { checkToken } from "./access.js";
import { openApi } from "./openapi.js";
import { type ServerOptions, server } from "./server.js";
import { type Studio, studio } from "./studio.js";

const { recipe } = presets.default;
const painting = { width: 2, height: 1, data: new Uint8ClampedArray(8).fill(255) };

let orders: Order[];
let jobs: Studio;

/** Paints at once. */
const painter: Painter = {
  paint(order) {
    orders.push(order);
    const ignore = () => {};
    return {
      ...{ pause: ignore, resume: ignore, stop: ignore, checkpoint: ignore },
      ...{ setWeights: ignore, abandon: ignore },
      async *[Symbol.asyncIterator]() {
        yield { type: "planned", recipe, width: 2, height: 1, steps: 1, scales: [] } as const;
        yield { type: "picture", picture: painting, recipe, index: 1, total: 1, why: "last" } as const;
      },
    };
  },
  end: async () => {},
};

beforeEach(() => {
  orders = [];
  jobs = studio(painter);
});

function app(options: Partial<ServerOptions> = {}) {
  return server(jobs, {
    version: "1.2.3",
    mostBytes: 2 ** 20,
    mostSize: 1024,
    mostStyles: 3,
    machine: { engine: "wasm" },
    page: new Map([["/index.html", { type: "text/html", read: async () => new Uint8Array([60]) }]]),
    ...options,
  });
}

const at = (path: string, request?: RequestInit, options?: Partial<ServerOptions>) =>
  app(options).request(`http://localhost:8080${path}`, request);

const photo = async (name = "photo.png") =>
  new File([new Uint8Array(await readFile(pictureOf("photo.png")))], name);

async function formOf(
  fields: Readonly<Record<string, string | Blob | readonly Blob[]>> = {},
): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries({
    content: await photo(),
    style: await photo("a.png"),
    ...fields,
  }))
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, one);
  return form;
}

const post = async (fields?: Parameters<typeof formOf>[0], options?: Partial<ServerOptions>) =>
  at("/api/jobs", { method: "POST", body: await formOf(fields) }, options);

describe("what it answers is what OpenAPI says", () => {
  const api = openApi("1.2.3");
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(api, "api");

  /** @param route as OpenAPI has it, such as "/api/jobs/{id}" */
  function expectToFit(method: string, route: string, status: number, body: unknown): void {
    const pointer = (text: string) =>
      text.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
    const place = `#/paths/${pointer(route)}/${method}/responses/${status}/content/${pointer("application/json")}/schema`;
    const validate = ajv.compile({ $ref: `api${place}` });
    expect([validate(body), validate.errors]).toEqual([true, null]);
  }

  it("by its routes", () => {
    const described = Object.entries(api.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== "parameters")
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = app()
      .routes.filter(({ path, method }) => path.startsWith("/api") && method !== "ALL")
      .map(({ path, method }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect([...new Set(served)].sort()).toEqual(described.sort());
  });

  it("by its bodies", async () => {
    for (const route of ["/api", "/api/losses", "/api/openapi.json", "/api/jobs"]) {
      const response = await at(route);
      expect(response.status).toBe(200);
      expectToFit("get", route, 200, await response.json());
    }
    const ordered = await post();
    const job = (await ordered.json()) as {
      readonly id: string;
      readonly links: { readonly events: string };
    };
    expectToFit("post", "/api/jobs", 201, job);
    await (await at(job.links.events)).text();
    const state: unknown = await (await at(`/api/jobs/${job.id}`)).json();
    expectToFit("get", "/api/jobs/{id}", 200, state);
    expect(state).toMatchObject({ status: "painted" });
    expectToFit("get", "/api/jobs", 200, await (await at("/api/jobs")).json());
  });

  it("and its validator finds what is wrong", () => {
    expect(() => expectToFit("get", "/api/jobs/{id}", 200, { id: 7 })).toThrow();
  });
});

describe("an order", () => {
  it("takes its recipe, size, weights, masks and engine", async () => {
    const style = [await photo("a.png"), await photo("b.png")];
    const fields = {
      ...{ preset: "sketch", size: "200", weights: "[3,1]", engine: "native", "preview-every": "100" },
      ...{ style, "content-mask-2": await photo(), "stand-in": "no" },
    };
    const response = await post(fields);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      names: { content: "photo.png", styles: ["a.png", "b.png"] },
    });
    await expect.poll(() => orders.length).toBe(1);
    const [order] = orders;
    expect(order?.recipe.scales.at(-1)?.size).toBe(200);
    expect(order?.recipe.styles).toEqual([{ weight: 3 }, { weight: 1 }]);
    expect(order?.masks.map(({ content }) => content !== undefined)).toEqual([false, true]);
    expect(order).toMatchObject({ machine: { engine: "native" }, standIn: false, previewEvery: 100 });
  });

  it("is painted on the server's engine unless it names another", async () => {
    await post({ engine: "auto" });
    await expect.poll(() => orders[0]?.machine).toEqual({ engine: "wasm" });
  });

  it.each([
    [{ content: [] }, /^Expected a picture file in the field content, got none\.$/],
    [{ style: [] }, /^Expected 1 to 3 pictures in the field style, got 0\.$/],
    [{ content: "photo.jpg" }, /^Expected the field content to be a picture file, got "photo\.jpg"\.$/],
    [
      { content: new Blob(["Dear diary"]) },
      /^Expected the field content to be a picture \(JPEG, .*got something else/,
    ],
    [{ sise: "64" }, /^Expected the fields content, .*, got "sise"\.$/],
    [{ size: "1025" }, /^Expected the field size to be a whole number from 1 to 1024, got "1025"\.$/],
    [{ size: "big" }, /got "big"\.$/],
    [{ engine: "abacus" }, /^Expected the field engine to be one of .*, got "abacus"\.$/],
    [{ preset: "gatis" }, /^Expected the field preset to be one of default, .*, got "gatis"\.$/],
    [{ recipe: "{" }, /^Expected the field recipe to be JSON, got "\{"\.$/],
    [{ recipe: '{"version":99}' }, /^Expected recipe\.version to be a version from 1 to 2, .*got 99/],
    [{ recipe: "{}", preset: "default" }, /^Expected a recipe or a preset, got both/],
    [
      { recipe: JSON.stringify({ ...recipe, scales: [{ size: 2000, steps: 1 }] }) },
      /of at most 1024 pixels, .*got 2000/,
    ],
    [
      {
        recipe: JSON.stringify({ ...recipe, terms: [{ loss: "brushwork-loss-x", weight: 1, options: {} }] }),
      },
      /brushwork-loss-x/,
    ],
    [
      { weights: "[1,2]" },
      /^Expected the field weights to be a list of 1 numbers of at least 0, .*got "\[1,2\]"\.$/,
    ],
    [
      { "style-mask-2": new Blob([""]) },
      /^Expected masks for the styles, of which there are 1, got "style-mask-2"\.$/,
    ],
  ])("is refused in a sentence, where it is wrong (%#)", async (fields, sentence) => {
    const response = await post(fields);
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: { name: "OptionError", message: expect.stringMatching(sentence) } },
    ]);
    expect(orders).toEqual([]);
  });

  it("is refused where it is no form, too large, or one too many", async () => {
    const body = "{}";
    expect((await at("/api/jobs", { method: "POST", body })).status).toBe(400);
    const large = await post({ content: new Blob([new Uint8Array(2 ** 20)]) });
    expect([large.status, await large.json()]).toEqual([
      413,
      {
        error: {
          name: "Error",
          message: "Expected at most 1 MiB in a request, got more: send smaller pictures.",
        },
      },
    ]);
    jobs = studio(
      { ...painter, paint: () => ({ ...painter.paint({} as Order), [Symbol.asyncIterator]: never }) },
      { mostQueued: 1 },
    );
    await post();
    await expect.poll(() => jobs.jobs()[0]?.status).toBe("painting");
    await post();
    expect((await post()).status).toBe(429);
  });
});

async function* never(): AsyncGenerator<never, void, void> {
  await new Promise(() => {});
}

describe("a request", () => {
  const elsewhere = { headers: { origin: "http://evil.example" } };

  it("from a page of another site, or by another name of this machine, is refused", async () => {
    expect((await at("/api/jobs", { method: "POST", ...elsewhere })).status).toBe(403);
    expect((await app().request("http://evil.example:8080/api")).status).toBe(403);
    for (const host of ["localhost", "127.0.0.1:99", "[::1]:8080"])
      expect((await app().request(`http://${host}/api`)).status).toBe(200);
    const own = { method: "POST", headers: { origin: "http://localhost:8080" } };
    expect((await at("/api/jobs/x/stop", own)).status).toBe(404);
  });

  it("needs the token where there is one", async () => {
    const token = "correct-horse";
    const asked = (path: string, headers = {}) =>
      app({ token }).request(`http://example.org${path}`, { headers });
    expect((await asked("/api")).status).toBe(401);
    expect((await asked("/")).status).toBe(401);
    expect((await asked("/api", { authorization: "Bearer correct-house" })).status).toBe(401);
    expect((await asked("/api", { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await asked("/?token=correct-house")).status).toBe(401);
    const entered = await asked(`/?token=${token}`);
    expect([entered.status, entered.headers.get("location")]).toEqual([302, "/"]);
    const cookie = entered.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^brushwork-token=correct-horse; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await asked("/", { cookie: cookie.split(";")[0] })).status).toBe(200);
  });

  it("gets the page's files and no others", async () => {
    expect((await at("/")).headers.get("content-type")).toBe("text/html");
    for (const path of ["/../package.json", "/index.htm", "/api/nothing"])
      expect((await at(path)).status).toBe(404);
  });

  it("for a picture gets it in the format that it names, once there is one", async () => {
    const { id } = (await (await post()).json()) as { readonly id: string };
    await expect.poll(() => jobs.job(id)?.state().status).toBe("painted");
    for (const format of ["png", "jpeg", "webp"]) {
      const response = await at(`/api/jobs/${id}/picture?format=${format}`);
      expect([response.headers.get("content-type"), response.headers.get("x-step")]).toEqual([
        `image/${format}`,
        "1",
      ]);
    }
    expect((await at(`/api/jobs/${id}/picture?format=bmp`)).status).toBe(400);
    expect((await at(`/api/jobs/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await at(`/api/jobs/${id}/picture`)).status).toBe(404);
  });
});

it.each([
  ["127.0.0.1", undefined, undefined],
  ["0.0.0.0", "correct-horse", undefined],
  ["0.0.0.0", undefined, /^Expected a token with --host 0\.0\.0\.0, since others can reach this server/],
  ["192.168.0.1", undefined, /^Expected a token/],
  ["127.0.0.1", "short", /^Expected a token of 12 to 256 letters/],
  ["127.0.0.1", "with a blank in it", /^Expected a token of 12/],
])("others than this machine need a token: %s, %s", (host, token, sentence) => {
  const check = () => checkToken(host, token);
  if (sentence === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(sentence);
});
