import { encodePicture, weightStore } from "@brushwork/backend-node";
import { OptionError } from "@brushwork/core";
import { oneOf } from "@brushwork/core/reading";
import { networkNames, networks } from "@brushwork/networks";
import { embedRecipe, extractRecipe, parseRecipe } from "@brushwork/recipes";
import { dataOf, describedLosses, type ErrorData, settings } from "@brushwork/runs";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import { tryEngines } from "../commands/engine-trials.js";
import { inWords } from "../commands/engines-command.js";
import { sentenceOf } from "../failure.js";
import { bytesText } from "../reports/quantities.js";
import { access } from "./access.js";
import { openApi } from "./openapi.js";
import { jsonOf, type OrderLimits, orderOfForm, weightsByTerm } from "./order-of-form.js";
import type { PageFiles } from "./page-files.js";
import { Busy, type Job, type JobState, type Studio } from "./studio.js";

export interface ServerOptions extends OrderLimits {
  readonly version: string;
  /** Whoever does not have it is refused. Absent: only this machine gets in. */
  readonly token?: string;
  /** Most bytes of a request. */
  readonly mostBytes: number;
  /** The files of the page. */
  readonly page: PageFiles;
}

/** Formats that a picture can be fetched in. */
const formats = ["png", "jpeg", "webp"] as const;

/** Milliseconds after which a connection over which nothing was sent gets a sign of life. */
const quietFor = 15_000;

/** The page and the HTTP API, as a function from requests to responses. */
export function server(studio: Studio, options: ServerOptions): Hono {
  const { version, token, mostBytes, page } = options;
  let engines: ReturnType<typeof tryEngines> | undefined;
  const app = new Hono();
  app.use(access(token));
  app.use(
    "/api/*",
    bodyLimit({
      maxSize: mostBytes,
      onError: (context) =>
        problem(
          context,
          413,
          `Expected at most ${bytesText(mostBytes)} in a request, got more: send smaller pictures.`,
        ),
    }),
  );
  app.onError((error, context) => failed(context, error));
  app.notFound((context) =>
    problem(context, 404, `There is nothing at ${context.req.method} ${context.req.path}.`),
  );

  app.get("/api", async (context) => {
    const store = weightStore();
    const there = networkNames.map(async (name) => [
      name,
      !store.names.includes(name) || (await store.has(name)),
    ]);
    return context.json({
      name: "brushwork",
      version,
      mostSize: options.mostSize,
      networks: Object.fromEntries(await Promise.all(there)),
    });
  });
  app.get("/api/openapi.json", (context) => context.json(openApi(version)));
  app.get("/api/engines", async (context) => {
    engines ??= tryEngines();
    return context.json((await engines).map(inWords));
  });
  app.get("/api/losses", (context) =>
    context.json({
      losses: describedLosses([]),
      layers: Object.fromEntries(networkNames.map((name) => [name, networks[name].layers])),
    }),
  );
  app.post("/api/recipes/check", async (context) => {
    settings(parseRecipe(jsonOf(await context.req.text(), "recipe")));
    return context.body(null, 204);
  });
  app.post("/api/recipes/read", async (context) => {
    const recipe = extractRecipe(new Uint8Array(await context.req.arrayBuffer()));
    if (recipe !== undefined) settings(recipe);
    return context.json({ recipe: recipe ?? null });
  });

  app.get("/api/jobs", (context) => context.json(studio.jobs().map(withLinks)));
  app.post("/api/jobs", async (context) => {
    const form = await context.req.parseBody({ all: true }).catch((cause: unknown) => {
      throw new OptionError("Expected a form (multipart/form-data), got something else.", { cause });
    });
    const { order, names } = await orderOfForm(form, options);
    const state = withLinks(studio.add(order, names).state());
    context.header("location", state.links.self);
    return context.json(state, 201);
  });
  app.get("/api/jobs/:id", (context) => ofJob(context, (job) => context.json(withLinks(job.state()))));
  app.delete("/api/jobs/:id", (context) =>
    studio.remove(context.req.param("id")) ? context.body(null, 204) : noJob(context),
  );
  for (const what of ["pause", "resume", "stop"] as const)
    app.post(`/api/jobs/:id/${what}`, (context) =>
      ofJob(context, (job) => {
        job[what]();
        return context.body(null, 204);
      }),
    );
  app.put("/api/jobs/:id/weights", async (context) => {
    const weights = weightsByTerm(jsonOf(await context.req.text(), "weights"));
    return ofJob(context, (job) => {
      job.setWeights(weights);
      return context.body(null, 204);
    });
  });
  app.get("/api/jobs/:id/picture", (context) => ofJob(context, (job) => picture(context, job)));
  app.get("/api/jobs/:id/events", (context) => ofJob(context, (job) => events(context, job)));

  app.get("*", async (context) => {
    const file = page.get(context.req.path === "/" ? "/index.html" : context.req.path);
    if (file === undefined) return context.notFound();
    // Files below assets have their content's digest in their names.
    const lasting = context.req.path.startsWith("/assets/");
    context.header("cache-control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
    context.header("content-type", file.type);
    context.header("x-content-type-options", "nosniff");
    context.header("x-frame-options", "DENY");
    return context.body(await file.read());
  });
  return app;

  async function ofJob(context: Context, act: (job: Job) => Response | Promise<Response>): Promise<Response> {
    const job = studio.job(context.req.param("id") ?? "");
    return job === undefined ? noJob(context) : act(job);
  }
}

function noJob(context: Context): Response {
  return problem(
    context,
    404,
    "There is no such job: it was deleted, or is over and has made room for later ones.",
  );
}

async function picture(context: Context, job: Job): Promise<Response> {
  const format = oneOf(context.req.query("format") ?? "png", "format", formats);
  const latest = job.picture();
  if (latest === undefined) return problem(context, 404, "The job has no picture yet.");
  // Previews follow one another quickly: as PNG they take a multiple of the time.
  const bytes = await encodePicture(latest.picture, format);
  const file = latest.recipe === undefined ? bytes : embedRecipe(bytes, latest.recipe);
  context.header("content-type", `image/${format}`);
  context.header("cache-control", "no-store");
  context.header("x-step", String(latest.index));
  return context.body(new Uint8Array(file));
}

function events(context: Context, job: Job): Response {
  const last = Number(context.req.header("last-event-id") ?? context.req.query("after") ?? 0);
  context.header("x-accel-buffering", "no");
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const sign = setInterval(() => void stream.write(": alive\n\n"), quietFor);
    try {
      for await (const [number, event] of job.events(Number.isFinite(last) ? last : 0, gone.signal))
        await stream.writeSSE({ id: String(number), data: JSON.stringify(event) });
    } finally {
      clearInterval(sign);
    }
  });
}

function withLinks(state: JobState) {
  const self = `/api/jobs/${state.id}`;
  return { ...state, links: { self, events: `${self}/events`, picture: `${self}/picture` } };
}

function failed(context: Context, error: unknown): Response {
  const status =
    error instanceof Busy ? 429 : error instanceof RangeError || error instanceof TypeError ? 400 : 500;
  return answer(context, status, { ...dataOf(error), message: sentenceOf(error) });
}

function problem(context: Context, status: 404 | 413, message: string): Response {
  return answer(context, status, { name: "Error", message });
}

function answer(context: Context, status: 400 | 404 | 413 | 429 | 500, error: ErrorData): Response {
  return context.json({ error }, status);
}
