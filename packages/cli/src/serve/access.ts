import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { OptionError } from "@brushwork/core/errors";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const cookie = "brushwork-token";

/** Whether only this machine can reach a server on a host. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Lets in whoever has the token: in the header `Authorization: Bearer TOKEN`, in a cookie, or in the address of the page,
 * `/?token=TOKEN`, which sets the cookie. Without a token, whoever names this machine, so that no page of another site
 * gets in by a name that it has pointed here.
 */
export function access(token: string | undefined): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    const { host, hostname } = new URL(req.url);
    const origin = req.header("origin");
    // A page of another site may send requests here, though it cannot read the answers.
    if (origin !== undefined && req.method !== "GET" && hostOf(origin) !== host)
      return context.json(refusal(`Requests from pages of ${origin} are not answered here.`), 403);
    if (token === undefined) {
      if (!isLoopback(hostname.replace(/^\[|\]$/g, "")))
        return context.json(refusal(`This server answers to localhost, not to ${hostname}.`), 403);
      return next();
    }
    const given = req.query("token");
    if (given !== undefined && isSame(given, token)) {
      setCookie(context, cookie, given, { httpOnly: true, sameSite: "Strict", path: "/" });
      return context.redirect(req.path);
    }
    const [, bearer] = /^Bearer (.+)$/.exec(req.header("authorization") ?? "") ?? [];
    if (isSame(bearer ?? getCookie(context, cookie) ?? "", token)) return next();
    context.header("www-authenticate", "Bearer");
    return context.json(
      refusal(
        "The token is missing or wrong: open /?token=TOKEN, or send the header Authorization: Bearer TOKEN.",
      ),
      401,
    );
  };
}

/** @throws {OptionError} when others could reach the server and there is no token, or one that is soon guessed */
export function checkToken(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host))
    throw new OptionError(
      `Expected a token with --host ${host}, since others can reach this server: pass --token WORD, or set BRUSHWORK_TOKEN.`,
    );
  // Cookies and headers carry these characters as they are.
  if (token !== undefined && !/^[\w.~-]{12,256}$/.test(token))
    throw new OptionError(
      "Expected a token of 12 to 256 letters, digits and the characters . _ ~ -, got another: `openssl rand -hex 16` makes one.",
    );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function refusal(message: string) {
  return { error: { name: "Refused", message } };
}

/** Compares in a time that does not depend on where two texts differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
