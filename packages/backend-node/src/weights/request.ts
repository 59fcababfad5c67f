import type { Dispatcher, Response } from "undici";
import { Trouble } from "./trouble.js";

interface Request {
  readonly source: string;
  /** Bytes of the file that are there already. */
  readonly offset: number;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Milliseconds without a byte after which the connection counts as cut. */
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
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
  return {
    async ask({ source, offset, size, patience, signal }, use) {
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
        const response = await fetch(source, {
          dispatcher,
          signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
          // Compressed, a range would count other bytes than the file's.
          headers: {
            "accept-encoding": "identity",
            ...(offset > 0 && { range: `bytes=${offset}-` }),
          },
        }).catch((error) => {
          throw asTrouble(error);
        });
        const start = startOf(response, offset, size);
        return await use({
          start,
          // Only what goes wrong with the connection is a trouble of the source; this does not see its reader's errors.
          bytes: (async function* () {
            try {
              for await (const chunk of response.body ?? []) {
                timer.refresh();
                yield chunk;
              }
            } catch (error) {
              throw asTrouble(error);
            }
          })(),
        });
      } finally {
        clearTimeout(timer);
        silence.abort();
      }
    },
    close: () => dispatcher.destroy(),
  };
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
function startOf({ status, statusText, headers }: Response, offset: number, size: number): number {
  if (status !== 200 && status !== 206)
    throw new Trouble(`answered ${status}${statusText && ` (${statusText})`}`, remedyFor(status), {
      wait: retryAfter(headers.get("retry-after")),
    });
  if (headers.get("content-type")?.startsWith("text/html"))
    throw new Trouble("gave a web page instead of the file", "elsewhere");
  const [, from, total] = headers.get("content-range")?.match(/^bytes (\d+)-\d+\/(\d+)$/) ?? [];
  const start = status === 206 ? Number(from) : 0;
  const announced =
    status === 206 ? total : headers.has("content-encoding") ? null : headers.get("content-length");
  if (announced && Number(announced) !== size)
    throw new Trouble(`has a file of ${announced} bytes instead of ${size}`, "elsewhere");
  if (start !== 0 && start !== offset) throw new Trouble("gave another part than it was asked for", "afresh");
  return start;
}

function remedyFor(status: number) {
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
