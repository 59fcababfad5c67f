import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that speaks as much of S3's protocol as stores need, and checks every signature as Amazon's does. */
export interface S3Server {
  /** For the environment of who uses it. */
  readonly environment: Readonly<Record<string, string>>;
  /** By key. */
  readonly files: Map<string, Uint8Array>;
  /** What it answered, such as "PUT 200". */
  readonly answers: string[];
  /** Answers the next requests with this status, as one that is overloaded or full does. */
  fail(status: number, times: number): void;
  close(): Promise<void>;
}

const accessKey = "test-key";
const secretKey = "test/secret+key";

/** @param bucket the only one that there is */
export async function s3Server(
  bucket: string,
  { region = "eu-test-1", pageSize = 2 } = {},
): Promise<S3Server> {
  const files = new Map<string, Uint8Array>();
  const answers: string[] = [];
  let failing = { status: 0, times: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "", "http://s3");
    const answer = (status: number, bytes: string | Uint8Array = "") => {
      answers.push(`${method} ${status}`);
      response.writeHead(status).end(bytes);
    };
    const error = (status: number, code: string) => answer(status, `<Error><Code>${code}</Code></Error>`);
    if (failing.times > 0) {
      failing = { ...failing, times: failing.times - 1 };
      return error(failing.status, failing.status === 503 ? "SlowDown" : "XMinioStorageFull");
    }
    const wrong = refusal(request, url, body, region);
    if (wrong !== undefined) return error(403, wrong);
    const [, inPath = "", key = ""] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    if (inPath !== bucket) return error(404, "NoSuchBucket");
    const file = files.get(key);
    if (method === "GET" && key === "") {
      const prefix = url.searchParams.get("prefix") ?? "";
      const keys = [...files.keys()].filter((one) => one.startsWith(prefix)).sort();
      const page = keys.slice(0, pageSize).map((one) => `<Contents><Key>${escaped(one)}</Key></Contents>`);
      const isTruncated = keys.length > pageSize;
      return answer(
        200,
        `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${page.join("")}</ListBucketResult>`,
      );
    }
    switch (method) {
      case "PUT":
        if (headers["if-none-match"] === "*" && file !== undefined) return error(412, "PreconditionFailed");
        files.set(key, new Uint8Array(body));
        return answer(200);
      case "DELETE":
        files.delete(key);
        return answer(204);
      default:
        return file === undefined ? error(404, "NoSuchKey") : answer(200, file);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    environment: {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    files,
    answers,
    fail(status, times) {
      failing = { status, times };
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Why a request is refused: its signature, version 4, or its body is not what it says. @see AWS, "Signature Version 4" */
function refusal(
  { method, headers }: IncomingMessage,
  url: URL,
  body: Buffer,
  region: string,
): string | undefined {
  const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const [, scope = "", signed = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  if (!headers.authorization?.includes(`Credential=${accessKey}/`)) return "InvalidAccessKeyId";
  const [date = "", where, service, end] = scope.split("/");
  if (where !== region || service !== "s3" || end !== "aws4_request") return "AuthorizationHeaderMalformed";
  const hash = String(headers["x-amz-content-sha256"]);
  if (hash !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const query = [...url.searchParams]
    .map((pair) => pair.map((part) => encodeURIComponent(part)).join("="))
    .sort()
    .join("&");
  const lines = signed.split(";").map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url.pathname, query, lines.join(""), signed, hash].join("\n");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, date), region), "s3"), "aws4_request");
  return hmac(key, text).toString("hex") === signature ? undefined : "SignatureDoesNotMatch";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
