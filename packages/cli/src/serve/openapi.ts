/** The description of the HTTP API, as OpenAPI 3.1. */
export function openApi(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Brushwork",
      version,
      summary: "Paints photographs in the style of paintings, on the machine that this server runs on.",
      license: { name: "MIT", identifier: "MIT" },
    },
    // An empty requirement: a server on localhost needs no token.
    security: [{}, { token: [] }, { cookie: [] }],
    paths: {
      "/api": {
        get: operation("about", "The version, and the networks whose weights are there", {
          200: json("What this server is", {
            type: "object",
            required: ["name", "version", "mostSize", "networks"],
            properties: {
              name: { const: "brushwork" },
              version: { type: "string" },
              mostSize: { type: "integer", description: "Longest side of what is painted, in pixels" },
              networks: { type: "object", additionalProperties: { type: "boolean" } },
            },
          }),
        }),
      },
      "/api/openapi.json": {
        get: operation("describe", "This description", { 200: json("OpenAPI 3.1", { type: "object" }) }),
      },
      "/api/engines": {
        get: operation(
          "engines",
          "The engines of this machine, fastest first, and what those lack that cannot run",
          {
            200: json("A report for each engine", { type: "array", items: ref("Engine") }),
          },
        ),
      },
      "/api/losses": {
        get: operation("losses", "The losses that recipes can name, with JSON Schemas of their options", {
          200: json("Losses, and the layers of each network", {
            type: "object",
            required: ["losses", "layers"],
            properties: {
              losses: { type: "array", items: ref("Loss") },
              layers: { type: "object", additionalProperties: { type: "array", items: { type: "string" } } },
            },
          }),
        }),
      },
      "/api/recipes/check": {
        post: operation(
          "checkRecipe",
          "Checks a recipe as a job does",
          { 204: { description: "The recipe is valid" }, 400: ref("Refused", "responses") },
          { body: { "application/json": { schema: ref("Recipe") } } },
        ),
      },
      "/api/recipes/read": {
        post: operation(
          "readRecipe",
          "The recipe that a painted picture carries",
          {
            200: json("The recipe, or null where the picture carries none", {
              type: "object",
              required: ["recipe"],
              properties: { recipe: { oneOf: [ref("Recipe"), { type: "null" }] } },
            }),
            400: ref("Refused", "responses"),
            413: ref("Refused", "responses"),
          },
          { body: { "application/octet-stream": {} } },
        ),
      },
      "/api/jobs": {
        get: operation("jobs", "The jobs that wait, are being painted, or ended lately, in their order", {
          200: json("Jobs", { type: "array", items: ref("Job") }),
        }),
        post: operation(
          "order",
          "Orders a picture, which is painted when its turn comes",
          {
            201: {
              ...json("The job", ref("Job")),
              headers: { location: { description: "The job's address", schema: { type: "string" } } },
            },
            400: ref("Refused", "responses"),
            413: ref("Refused", "responses"),
            429: ref("Refused", "responses"),
          },
          { body: { "multipart/form-data": { schema: ref("Order") } } },
        ),
      },
      "/api/jobs/{id}": {
        parameters: [idParameter],
        get: operation("job", "A job", {
          200: json("The job", ref("Job")),
          404: ref("Refused", "responses"),
        }),
        delete: operation("cancel", "Ends a job at once if it is not over, and forgets it with its picture", {
          204: { description: "There is no such job any more" },
          404: ref("Refused", "responses"),
        }),
      },
      "/api/jobs/{id}/events": {
        parameters: [idParameter],
        get: operation(
          "events",
          "The events of a job as a stream, from the first or after one of them, until the job is over",
          {
            200: {
              description:
                "Server-sent events, each with a number as its id and an Event as its data. A client that reconnects sends the last number as the header Last-Event-ID.",
              content: { "text/event-stream": { schema: ref("Event") } },
            },
            404: ref("Refused", "responses"),
          },
          {
            parameters: [
              {
                name: "after",
                in: "query",
                description: "The number of the last event that is known",
                schema: { type: "integer", minimum: 0, default: 0 },
              },
            ],
          },
        ),
      },
      "/api/jobs/{id}/picture": {
        parameters: [idParameter],
        get: operation(
          "picture",
          "The latest picture of a job, which carries its recipe",
          {
            200: {
              description: "The picture",
              headers: { "x-step": { description: "Steps that it has", schema: { type: "integer" } } },
              content: { "image/png": {}, "image/jpeg": {}, "image/webp": {} },
            },
            404: ref("Refused", "responses"),
          },
          {
            parameters: [
              {
                name: "format",
                in: "query",
                schema: { enum: ["png", "jpeg", "webp"], default: "png" },
              },
            ],
          },
        ),
      },
      ...Object.fromEntries(
        [
          ["pause", "Makes a job wait after its current step"],
          ["resume", "Ends a pause"],
          ["stop", "Ends a job after its current step, with the picture so far"],
        ].map(([name = "", summary = ""]) => [
          `/api/jobs/{id}/${name}`,
          {
            parameters: [idParameter],
            post: operation(name, summary, {
              204: { description: "Asked for; an event follows when it has happened" },
              404: ref("Refused", "responses"),
            }),
          },
        ]),
      ),
      "/api/jobs/{id}/weights": {
        parameters: [idParameter],
        put: operation(
          "setWeights",
          "Changes the weights of losses, by their names, from the next step on; others stay",
          {
            204: { description: "Changed" },
            400: ref("Refused", "responses"),
            404: ref("Refused", "responses"),
          },
          {
            body: {
              "application/json": {
                schema: { type: "object", additionalProperties: { type: "number", minimum: 0 } },
              },
            },
          },
        ),
      },
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "brushwork-token" },
      },
      responses: {
        Refused: json("Why, in a sentence", {
          type: "object",
          required: ["error"],
          properties: { error: ref("Error") },
        }),
      },
      schemas: {
        Error: {
          type: "object",
          required: ["name", "message"],
          properties: {
            name: { type: "string", description: "Such as OptionError or NoRoom" },
            message: { type: "string" },
            longest: { type: "number", description: "Of NoRoom: the longer side that fits, in pixels" },
          },
        },
        Engine: {
          type: "object",
          required: ["name", "available"],
          properties: {
            name: { type: "string" },
            available: { type: "boolean" },
            device: { type: "string" },
            reason: { type: "string", description: "What it lacks, or why it is not chosen by itself" },
          },
        },
        Loss: {
          type: "object",
          required: ["name", "options"],
          properties: {
            name: { type: "string" },
            description: { type: "string" },
            options: { type: "object", description: "A JSON Schema" },
          },
        },
        Recipe: {
          type: "object",
          description: "Every option of a run, as `brushwork --save-recipe` writes it",
          required: ["version"],
        },
        Order: {
          type: "object",
          description:
            "Masks are the fields content-mask-1, style-mask-1 and so on: grey pictures for the first style.",
          required: ["content", "style"],
          properties: {
            content: { type: "string", format: "binary", description: "The photograph" },
            style: {
              type: "array",
              items: { type: "string", format: "binary" },
              description: "The painting; the field may be repeated for several",
            },
            init: {
              type: "string",
              format: "binary",
              description: 'What to start from, for a recipe whose init is "picture"',
            },
            recipe: { type: "string", description: "A recipe as JSON" },
            preset: { type: "string", description: "A preset, in place of a recipe" },
            size: {
              type: "integer",
              description: "Longer side of the picture, in pixels, in place of the recipe's",
            },
            weights: { type: "string", description: "How much each style counts: a JSON list of numbers" },
            engine: { type: "string", description: "An engine; auto is what the server was started with" },
            "preview-every": {
              type: "integer",
              minimum: 50,
              maximum: 60_000,
              default: 500,
              description: "Milliseconds",
            },
            "stand-in": {
              enum: ["yes", "no"],
              description: "Whether the network compact may stand in for one whose weights are not there",
            },
          },
        },
        Job: {
          type: "object",
          required: ["id", "names", "status", "ordered", "links"],
          properties: {
            id: { type: "string", format: "uuid" },
            names: {
              type: "object",
              required: ["content", "styles"],
              properties: {
                content: { type: "string" },
                styles: { type: "array", items: { type: "string" } },
              },
            },
            status: { enum: ["queued", "painting", "paused", "painted", "stopped", "failed"] },
            before: { type: "integer", description: "Of a queued job: how many jobs are before it" },
            ordered: { type: "string", format: "date-time" },
            engine: { type: "string" },
            device: { type: "string" },
            index: { type: "integer", description: "Steps that are done" },
            total: { type: "integer" },
            width: { type: "integer" },
            height: { type: "integer" },
            secondsLeft: { type: "number" },
            file: { type: "string", description: "Where the picture was written on the server, if it was" },
            error: ref("Error"),
            links: {
              type: "object",
              required: ["self", "events", "picture"],
              properties: {
                self: { type: "string" },
                events: { type: "string" },
                picture: { type: "string" },
              },
            },
          },
        },
        Event: {
          type: "object",
          description:
            "After `picture`, the address of the picture gives a newer one. After `ended` and `failed`, no event follows.",
          required: ["type"],
          properties: {
            type: {
              enum: [
                "queued",
                "skipped",
                "started",
                "pulling",
                "notice",
                "planned",
                "step",
                "picture",
                "paused",
                "ended",
                "failed",
              ],
            },
          },
        },
      },
    },
  };
}

const idParameter = { name: "id", in: "path", required: true, schema: { type: "string" } };

interface More {
  readonly parameters?: readonly object[];
  /** By media type. */
  readonly body?: Readonly<Record<string, object>>;
}

function operation(
  operationId: string,
  summary: string,
  responses: Readonly<Record<number, object>>,
  { parameters, body }: More = {},
) {
  return {
    operationId,
    summary,
    ...(parameters && { parameters }),
    ...(body && { requestBody: { required: true, content: body } }),
    responses: { ...responses, 401: ref("Refused", "responses"), 403: ref("Refused", "responses") },
  };
}

function json(description: string, schema: object) {
  return { description, content: { "application/json": { schema } } };
}

function ref(name: string, kind: "schemas" | "responses" = "schemas") {
  return { $ref: `#/components/${kind}/${name}` };
}
