import type { Dispatcher, RequestInit, Response } from "undici";
import { Trouble } from "./trouble.js";

const mostRedirections = 10;

interface Question {
  readonly source: string;
  /** Milliseconds without a byte after which the connection counts as cut. */
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
}

interface Request extends Question {
  /** Bytes of the file that are there already. */
  readonly offset: number;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** What a source says of a file beforehand. */
export interface Announcement {
  /** Bytes of the whole file. */
  readonly size: number;
  /** MD5, hexadecimal. Google's storage states it; for other sources it is unknown. */
  readonly md5: string | undefined;
}

interface Reply {
  /** Where in the file its bytes begin: at the offset, or at 0 from a server that knows no ranges. */
  readonly start: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Asks sources for files. */
export interface Requests {
  /**
   * Asks a source for the rest of a file.
   *
   * There is no If-Range: the published hash decides what the bytes are, and another version of the file is as wrong
   * whole as in part.
   *
   * @returns what `use` makes of the reply; the connection is closed after it
   * @throws {Trouble} when the source does not give it, also while its bytes are read
   */
  ask<Result>(request: Request, use: (reply: Reply) => Promise<Result>): Promise<Result>;
  /**
   * Asks a source how large a file is.
   *
   * @throws {Trouble} when the source does not say
   */
  announcement(question: Question): Promise<Announcement>;
  /**
   * Asks a source for a text.
   *
   * @throws {Trouble} when the source does not give it, or more bytes than that
   */
  text(question: Question, mostBytes: number): Promise<string>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/**
 * Requests through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, which Node's own `fetch` overlooks.
 *
 * @throws {Error} when these name no proxy
 */
export async function requests(): Promise<Requests> {
  // Imported when needed, for a command that paints should not wait for it.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = proxies(EnvHttpProxyAgent);

  /** As `fetch`, but what was asked for by https is not taken from elsewhere without. */
  async function followed(source: string, init: RequestInit): Promise<Response> {
    let address = new URL(source);
    for (let redirections = 0; redirections <= mostRedirections; redirections++) {
      const response = await fetch(address, { ...init, redirect: "manual" });
      const location = response.status >= 300 && response.status < 400 && response.headers.get("location");
      if (!location) return response;
      await response.body?.cancel();
      address = redirected(address, location);
    }
    throw new Trouble(`redirects more than ${mostRedirections} times`, "elsewhere");
  }

  /** Makes a request, and something of its answer before the connection is closed. */
  async function exchange<Result>(
    { source, patience, signal }: Question,
    { method, headers }: { readonly method: "GET" | "HEAD"; readonly headers: Record<string, string> },
    use: (response: Response, bytes: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result> {
    const silence = new AbortController();
    const timer = setTimeout(
      () => silence.abort(new Error(`nothing came for ${patience / 1000} seconds`)),
      patience,
    );
    const asTrouble = (error: unknown) => {
      if (error instanceof Trouble) return error;
      signal?.throwIfAborted();
      return new Trouble(`could not be read: ${deepestReason(error)}`, "again", { cause: error });
    };
    try {
      const response = await followed(source, {
        method,
        dispatcher,
        signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
        // Compressed, a range would count other bytes than the file's.
        headers: { "accept-encoding": "identity", ...headers },
      }).catch((error) => {
        throw asTrouble(error);
      });
      // Only what goes wrong with the connection is a trouble of the source; this does not see its reader's errors.
      async function* bytes() {
        try {
          for await (const chunk of response.body ?? []) {
            timer.refresh();
            yield chunk;
          }
        } catch (error) {
          throw asTrouble(error);
        }
      }
      return await use(response, bytes());
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  return {
    ask: (request, use) =>
      exchange(
        request,
        { method: "GET", headers: request.offset > 0 ? { range: `bytes=${request.offset}-` } : {} },
        (response, bytes) => use({ start: startOf(response, request.offset, request.size), bytes }),
      ),
    announcement: (question) =>
      exchange(question, { method: "HEAD", headers: {} }, async (response) => announced(response)),
    text: (question, mostBytes) =>
      exchange(question, { method: "GET", headers: {} }, async (response, bytes) => {
        checkAnswer(response);
        const chunks: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of bytes) {
          length += chunk.length;
          if (length > mostBytes) throw new Trouble(`gave more than ${mostBytes} bytes`, "elsewhere");
          chunks.push(chunk);
        }
        return Buffer.concat(chunks).toString("utf8");
      }),
    close: () => dispatcher.destroy(),
  };
}

/** Where a redirection leads. @throws {Trouble} when it gives https up */
export function redirected(address: URL, location: string): URL {
  const next = new URL(location, address);
  if (address.protocol === "https:" && next.protocol !== "https:")
    throw new Trouble(`redirects to ${next.host} without https`, "elsewhere");
  return next;
}

function proxies(Agent: new () => Dispatcher): Dispatcher {
  try {
    return new Agent();
  } catch (cause) {
    throw new Error(
      "Expected HTTPS_PROXY and HTTP_PROXY to be addresses such as http://proxy.example:8080, " +
        "got something else. Correct or unset them.",
      { cause },
    );
  }
}

/** @throws {Trouble} when it is not an answer with the file, or with the part of it that was asked for */
function startOf(response: Response, offset: number, size: number): number {
  checkAnswer(response);
  const { status, headers } = response;
  const [, from, total] = headers.get("content-range")?.match(/^bytes (\d+)-\d+\/(\d+)$/) ?? [];
  const start = status === 206 ? Number(from) : 0;
  const announced =
    status === 206 ? total : headers.has("content-encoding") ? null : headers.get("content-length");
  if (announced && Number(announced) !== size)
    throw new Trouble(`has a file of ${announced} bytes instead of ${size}`, "elsewhere");
  if (start !== 0 && start !== offset) throw new Trouble("gave another part than it was asked for", "afresh");
  return start;
}

/** @throws {Trouble} when it does not say how large the file is */
function announced(response: Response): Announcement {
  checkAnswer(response);
  const { headers } = response;
  const size = headers.has("content-encoding") ? null : headers.get("content-length");
  if (size === null) throw new Trouble("does not say how large the file is", "elsewhere");
  const [, md5] = headers.get("x-goog-hash")?.match(/\bmd5=([A-Za-z0-9+/]{22}==)/) ?? [];
  return { size: Number(size), md5: md5 && Buffer.from(md5, "base64").toString("hex") };
}

/** @throws {Trouble} when it is not about the file at all */
function checkAnswer({ status, statusText, headers }: Response): void {
  if (status !== 200 && status !== 206)
    throw new Trouble(`answered ${status}${statusText && ` (${statusText})`}`, nextAfter(status), {
      wait: retryAfter(headers.get("retry-after")),
    });
  if (headers.get("content-type")?.startsWith("text/html"))
    throw new Trouble("gave a web page instead of the file", "elsewhere");
}

function nextAfter(status: number) {
  if (status >= 500 || status === 408 || status === 425 || status === 429) return "again";
  // The range was refused: of the whole file there is always some.
  return status === 416 ? "afresh" : "elsewhere";
}

/** Milliseconds from a Retry-After header, which holds seconds or a date. */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Math.max(0, wait || 0);
}

/** `fetch` wraps the reason for its failure, once or several times. */
function deepestReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return deepestReason(error.cause);
  // An AggregateError, of the attempts at each of a host's addresses, has but a code.
  return error.message || ("code" in error ? String(error.code) : error.name);
}
