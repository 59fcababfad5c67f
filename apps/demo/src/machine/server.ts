import {
  encodePicture,
  type Painting,
  type PictureSource,
  type RunEvent,
  readPicture,
} from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { withStyleWeights } from "@brushwork/recipes";
import { type ErrorData, errorOf } from "@brushwork/runs";
import type { Machine, MachineRun } from "./machine.js";

/** An event of a job, as the server sends it: pictures are fetched apart. */
type JobEvent =
  | Exclude<RunEvent, { readonly type: "picture" }>
  | Omit<Extract<RunEvent, { readonly type: "picture" }>, "picture">
  | { readonly type: "queued"; readonly before: number }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly error: ErrorData };

const silence = "The server does not answer. Start it again with `brushwork serve`, then reload this page.";

/** Attempts to reach a server again, some seconds apart, before a run is given up. */
const mostAttempts = 10;

/** Paints on the machine that `brushwork serve` runs on, by its HTTP API. */
export const machine: Machine = {
  kind: "server",
  engines: ["cuda", "native", "webgpu", "wasm"],
  paint,
  engineReports: () => json("api/engines"),
  lossSupport: () => json("api/losses"),
  async checkRecipe(recipe) {
    await answered("api/recipes/check", { method: "POST", body: JSON.stringify(recipe) });
  },
  async readRecipe(file) {
    const { recipe } = await json<{ recipe: Awaited<ReturnType<Machine["readRecipe"]>> | null }>(
      "api/recipes/read",
      { method: "POST", body: file },
    );
    return recipe ?? undefined;
  },
  async hasWeights() {
    const { networks } = await json<{ networks: Readonly<Record<string, boolean>> }>("api");
    return networks.vgg19 === true;
  },
};

function paint(run: MachineRun): Painting {
  let order: (address: string) => void = () => {};
  const ordered = new Promise<string>((resolve) => {
    order = resolve;
  });
  // A run that is over takes no more requests.
  const ask = (what: string, request: RequestInit = { method: "POST" }) =>
    void ordered.then((address) => answered(`${address}/${what}`, request)).catch(() => {});
  return {
    pause: () => ask("pause"),
    resume: () => ask("resume"),
    stop: () => ask("stop"),
    setWeights: (weights) => ask("weights", { method: "PUT", body: JSON.stringify(weights) }),
    [Symbol.asyncIterator]: () => events(run, order),
  };
}

async function* events(
  run: MachineRun,
  order: (address: string) => void,
): AsyncGenerator<RunEvent, void, void> {
  const { signal, onWaiting } = run;
  const request = { method: "POST", body: await formOf(run), ...(signal && { signal }) };
  const { id } = await json<{ id: string }>("api/jobs", request);
  const address = `api/jobs/${id}`;
  order(address);
  // Nobody would see the picture of a page that is closed.
  const cancel = () => void fetch(address, { method: "DELETE", keepalive: true }).catch(() => {});
  window.addEventListener("pagehide", cancel);
  const incoming = new Incoming(`${address}/events`, signal);
  let isOver = false;
  try {
    for (;;) {
      const event = await incoming.next();
      if (event.type === "ended" || event.type === "failed") isOver = true;
      if (event.type === "failed") throw errorOf(event.error);
      if (event.type === "ended") return;
      if (event.type === "queued") onWaiting(event.before);
      else if (event.type !== "picture") yield event;
      // While one is fetched, the next may come.
      else if (event.why !== "asked" || !incoming.hasPicture()) {
        const response = await answered(`${address}/picture`, signal && { signal });
        yield { ...event, picture: await readPicture(await response.blob()) };
      }
    }
  } finally {
    incoming.close();
    window.removeEventListener("pagehide", cancel);
    if (!isOver) cancel();
  }
}

/** The events of a job, which arrive by themselves. */
class Incoming {
  private readonly source: EventSource;
  private readonly waiting: JobEvent[] = [];
  private attempts = 0;
  private problem: Error | undefined;
  private wake = () => {};

  constructor(
    address: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.source = new EventSource(address);
    this.source.addEventListener("message", ({ data }) => {
      this.attempts = 0;
      this.waiting.push(JSON.parse(data));
      this.wake();
    });
    this.source.addEventListener("error", () => {
      const { readyState } = this.source;
      if (readyState === EventSource.CLOSED)
        this.problem = new Error("The server no longer has this picture. Paint it again.");
      else if (++this.attempts > mostAttempts) this.problem = new Error(silence);
      this.wake();
    });
    signal?.addEventListener("abort", () => this.wake());
  }

  /** @throws the signal's reason; {Error} when the server no longer answers */
  async next(): Promise<JobEvent> {
    for (;;) {
      this.signal?.throwIfAborted();
      const event = this.waiting.shift();
      if (event !== undefined) return event;
      if (this.problem !== undefined) throw this.problem;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  hasPicture(): boolean {
    return this.waiting.some(({ type }) => type === "picture");
  }

  close(): void {
    this.source.close();
  }
}

async function formOf({
  content,
  style,
  photograph,
  painting,
  recipe,
  engine,
  previewEvery,
}: MachineRun): Promise<FormData> {
  const form = new FormData();
  form.set("content", await fileOf(content), `${photograph}.png`);
  for (const [i, { picture, contentMask, styleMask }] of style.entries()) {
    // All of them have one title, which the file on the server is named by.
    form.append("style", await fileOf(picture), i === 0 ? `${painting}.png` : ".png");
    if (contentMask) form.set(`content-mask-${i + 1}`, await fileOf(contentMask), "mask.png");
    if (styleMask) form.set(`style-mask-${i + 1}`, await fileOf(styleMask), "mask.png");
  }
  form.set("recipe", JSON.stringify(withStyleWeights(recipe, style)));
  form.set("engine", engine);
  form.set("preview-every", String(previewEvery));
  form.set("stand-in", "no");
  return form;
}

async function fileOf(source: PictureSource): Promise<Blob> {
  return source instanceof Blob ? source : encodePicture(source as Picture, "png");
}

async function json<Answer>(address: string, request?: RequestInit): Promise<Answer> {
  return (await answered(address, request)).json() as Promise<Answer>;
}

/** @throws what the server refuses a request with; {Error} when it does not answer */
async function answered(address: string, request?: RequestInit): Promise<Response> {
  const response = await fetch(address, request).catch((cause: unknown) => {
    request?.signal?.throwIfAborted();
    throw new Error(silence, { cause });
  });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { readonly error?: ErrorData };
  throw error === undefined ? new Error(`The server answered ${response.status}.`) : errorOf(error);
}
