import { execFile, execFileSync } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readPicture } from "@brushwork/backend-node";
import { extractRecipe, presets, type Recipe } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushwork, brushworkHere, machine, missing } from "./command.js";
import { type Served, served } from "./served.js";

const sample = (name: string) => fileURLToPath(new URL(`data/cases/${name}.png`, import.meta.url));

/** The default preset at layers that cost little. */
const recipe: Recipe = {
  ...presets.default.recipe,
  network: { name: "compact", pooling: "average" },
  terms: presets.default.recipe.terms.map(({ options: { layers, layerWeights, ...options }, ...term }) => ({
    ...term,
    options: layers === undefined ? options : { ...options, layers: ["relu1_1", "relu2_1"] },
  })),
  margin: 0,
  scales: [{ size: 48, steps: 4 }],
};

describe.skipIf(missing !== undefined)(`brushwork serve${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let folder: string;
  let server: Served;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-serve-"));
    server = await served([...machine, "-o", "painted"], { folder });
  });
  afterAll(async () => {
    server.child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  const at = (path: string, request?: RequestInit) => fetch(new URL(path, server.address), request);

  async function order(fields: Readonly<Record<string, string | Blob>> = {}): Promise<string> {
    const form = new FormData();
    const pictures = { content: await openAs("photo"), style: await openAs("strokes") };
    for (const [name, value] of Object.entries({ ...pictures, recipe: JSON.stringify(recipe), ...fields }))
      form.set(name, value);
    const response = await at("api/jobs", { method: "POST", body: form });
    expect(response.status).toBe(201);
    const address = response.headers.get("location") ?? "";
    expect(await response.json()).toMatchObject({ links: { self: address } });
    return address;
  }

  const openAs = async (name: string) =>
    new File([new Uint8Array(await readFile(sample(name)))], `${name}.png`);

  it("paints what is posted, as the command does, and writes it into a folder", async () => {
    const job = await order();
    const events = await eventsOf(await at(`${job}/events`));
    expect(events.map(({ data }) => data.type).filter((type) => type !== "picture")).toEqual([
      ...["queued", "started", "planned"],
      ...["step", "step", "step", "step"],
      "ended",
    ]);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => String(i + 1)));
    // Whoever lost the connection asks for what came after.
    const rest = await eventsOf(await at(`${job}/events`, { headers: { "last-event-id": "3" } }));
    expect(rest).toEqual(events.slice(3));
    expect(await (await at(job)).json()).toMatchObject({
      status: "painted",
      names: { content: "photo.png", styles: ["strokes.png"] },
      engine: "wasm",
      index: 4,
      total: 4,
      file: join("painted", "photo-strokes.png"),
    });

    const picture = new Uint8Array(await (await at(`${job}/picture`)).arrayBuffer());
    expect(extractRecipe(picture)?.scales).toEqual(recipe.scales);
    await writeFile(join(folder, "recipe.json"), JSON.stringify(recipe));
    const words = [
      sample("photo"),
      sample("strokes"),
      ...machine,
      "--recipe",
      "recipe.json",
      "-o",
      "own.png",
    ];
    expect((await brushworkHere(words, { folder })).code).toBe(0);
    const own = await readPicture(join(folder, "own.png"));
    expect((await readPicture(picture)).data).toEqual(own.data);
    expect((await readPicture(join(folder, "painted", "photo-strokes.png"))).data).toEqual(own.data);
  });

  it("paints by the program of docs/serve.md", async () => {
    const page = await readFile(new URL("../docs/serve.md", import.meta.url), "utf8");
    const [, code = ""] = /^```js\n(.*?)^```$/ms.exec(page) ?? [];
    const program = code
      .replace("http://127.0.0.1:8080", server.address.replace(/\/$/, ""))
      .replace('"512"', '"64"');
    for (const [name, source] of Object.entries({ "photo.jpg": "photo", "starry.jpg": "strokes" }))
      await copyFile(sample(source), join(folder, name));
    const imports = 'import { readFile, writeFile } from "node:fs/promises";\n';
    await writeFile(join(folder, "program.mjs"), imports + program);
    const { stdout } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
    expect(stdout).toMatch(/^queued\nstarted\n(.*\n)*step\n(.*\n)*ended\n$/);
    expect(extractRecipe(await readFile(join(folder, "painted.png")))?.scales.at(-1)?.size).toBe(64);
  });

  it("goes on after a job that fails, and after its painting process was killed", async () => {
    const whole = new Uint8Array(await readFile(sample("photo")));
    const [bad, long, good] = [
      await order({ content: new File([whole.slice(0, 200)], "cut.png") }),
      await order({ recipe: JSON.stringify({ ...recipe, scales: [{ size: 48, steps: 10_000 }] }) }),
      await order(),
    ];
    expect((await eventsOf(await at(`${bad}/events`))).at(-1)?.data).toMatchObject({
      type: "failed",
      error: {
        message: expect.stringMatching(/^Expected .* to be a (whole )?picture|damaged|could not be read/),
      },
    });
    // Killed in the middle, as by a system that runs out of memory.
    for await (const { data } of eventStream(await at(`${long}/events`))) {
      if (data.type === "step" && data.index === 2) process.kill(painterOf(server.child.pid ?? 0), "SIGKILL");
      if (data.type === "failed")
        expect(data.error?.message).toMatch(/^The process that paints ended unexpectedly \(SIGKILL\)/);
    }
    expect((await eventsOf(await at(`${good}/events`))).at(-1)?.data).toEqual({
      type: "ended",
      status: "painted",
    });
  });

  it("pauses, takes weights, stops and cancels", async () => {
    const job = await order({ recipe: JSON.stringify({ ...recipe, scales: [{ size: 48, steps: 10_000 }] }) });
    const waiting = await order();
    const next = await order();
    const weights = { method: "PUT", body: '{"style":5}' };
    expect((await at(`${next}/weights`, weights)).status).toBe(204);
    const post = async (path: string, request: RequestInit = { method: "POST" }) =>
      expect((await at(`${job}/${path}`, request)).status).toBe(204);
    let paused = 0;
    for await (const { data } of eventStream(await at(`${job}/events`))) {
      if (data.type === "step" && data.index === 2) await post("pause");
      if (data.type !== "paused") continue;
      paused++;
      expect(await (await at(job)).json()).toMatchObject({ status: "paused" });
      expect(await (await at(waiting)).json()).toMatchObject({ status: "queued", before: 1 });
      await post("weights", { method: "PUT", body: '{"style":7}' });
      await post("resume");
      await post("stop");
    }
    expect(paused).toBe(1);
    const state = (await (await at(job)).json()) as { readonly status: string; readonly index: number };
    expect(state.status).toBe("stopped");
    const picture = extractRecipe(new Uint8Array(await (await at(`${job}/picture`)).arrayBuffer()));
    expect(picture?.scales).toEqual([{ size: 48, steps: state.index }]);
    expect((await at(waiting, { method: "DELETE" })).status).toBe(204);
    expect((await at(waiting)).status).toBe(404);
    await eventsOf(await at(`${next}/events`));
    const steered = extractRecipe(new Uint8Array(await (await at(`${next}/picture`)).arrayBuffer()));
    expect(steered?.terms.find(({ name }) => name === "style")?.weight).toBe(5);
  });

  it("says why it cannot start", async () => {
    const { port } = new URL(server.address);
    expect(await brushwork(["serve", "--port", port], { folder })).toMatchObject({
      code: 1,
      stderr: `brushwork: Port ${port} of 127.0.0.1 is taken: choose another with --port, or --port 0 for any that is free.\n`,
    });
    expect(await brushwork(["serve", "--host", "0.0.0.0"], { folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^brushwork: Expected a token with --host 0\.0\.0\.0, .*BRUSHWORK_TOKEN\.\n$/,
      ),
    });
  });

  it("ends at Ctrl-C with the picture so far, and exits with 0", async () => {
    const before = new Set(await readdir(join(folder, "painted")));
    const job = await order({ recipe: JSON.stringify({ ...recipe, scales: [{ size: 48, steps: 10_000 }] }) });
    for await (const { data } of eventStream(await at(`${job}/events`)))
      if (data.type === "step" && data.index === 2) break;
    expect(await server.close()).toBe(0);
    const [file, ...others] = (await readdir(join(folder, "painted"))).filter((name) => !before.has(name));
    expect(others).toEqual([]);
    const steps = extractRecipe(await readFile(join(folder, "painted", file ?? "")))?.scales[0]?.steps;
    expect(steps).toBeGreaterThanOrEqual(2);
    expect(steps).toBeLessThan(10_000);
  });
});

interface ServerEvent {
  readonly id: string;
  readonly data: {
    readonly type: string;
    readonly index?: number;
    readonly error?: { readonly message: string };
  };
}

async function* eventStream(response: Response): AsyncGenerator<ServerEvent> {
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined) yield { id: field("id") ?? "", data: JSON.parse(data) };
    }
  }
}

async function eventsOf(response: Response): Promise<readonly ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of eventStream(response)) events.push(event);
  return events;
}

/** The process that paints for a server. */
function painterOf(server: number): number {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const row = rows.find(
    (line) => line.includes("paint-orders") && line.trim().split(/\s+/)[1] === String(server),
  );
  return Number(row?.trim().split(/\s+/)[0]);
}
