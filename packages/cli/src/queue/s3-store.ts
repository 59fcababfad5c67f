import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { sentenceOf, UsageError } from "../failure.js";
import { StoreFailure } from "./outcomes.js";
import type { Store } from "./store.js";

/** Milliseconds before the second attempt at a request; twice as many before each further one. */
const usualPause = 200;

/** How often a request is tried that the server could not answer, or that did not reach it. */
const mostAttempts = 6;

/**
 * A bucket of Amazon S3 or of any server that speaks its protocol. Keys, region and address come from the variables that
 * all programs for S3 share: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL.
 *
 * @param word s3://BUCKET/PREFIX
 * @param pause milliseconds before a request is tried again
 * @throws {UsageError} when the word or the environment cannot be
 */
export function s3Store(word: string, environment: NodeJS.ProcessEnv, pause = usualPause): Store {
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/(.*?))?\/*$/.exec(word) ?? [];
  if (bucket === undefined) throw new UsageError(`Expected --store to be s3://BUCKET/PREFIX, got ${word}.`);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId || !secretAccessKey)
    throw new UsageError(
      `Expected the keys for ${word} in the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got none.`,
    );
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
  const sessionToken = environment.AWS_SESSION_TOKEN;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    region,
    service: "s3",
    retries: 0,
  });
  const base = addressOf(bucket, region, environment);
  const name = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
  const pathOf = (key: string) => (prefix === "" ? key : `${prefix}/${key}`);
  const addressOfKey = (key: string) => `${base}/${pathOf(key).split("/").map(encodeURIComponent).join("/")}`;

  async function ask(
    method: string,
    address: string,
    allowed: readonly number[],
    { bytes, headers = {} }: { readonly bytes?: Uint8Array; readonly headers?: Record<string, string> } = {},
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let response: Response | undefined;
      let failure: unknown;
      try {
        response = await client.fetch(address, {
          method,
          headers: {
            ...headers,
            // The server checks what arrives against it.
            "x-amz-content-sha256": createHash("sha256")
              .update(bytes ?? "")
              .digest("hex"),
          },
          ...(bytes && { body: new Uint8Array(bytes) }),
        });
        if (response.ok || allowed.includes(response.status)) return response;
      } catch (error) {
        failure = error;
      }
      const mayPass = response === undefined || response.status >= 500 || response.status === 429;
      if (!mayPass || attempt === mostAttempts) throw await failureOf(name, method, base, response, failure);
      await new Promise((resolve) =>
        setTimeout(resolve, pause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)),
      );
    }
  }

  const remove = async (key: string) => void (await ask("DELETE", addressOfKey(key), [404]));
  return {
    name,
    async read(key) {
      const response = await ask("GET", addressOfKey(key), [404]);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.ok) return bytes;
      // There is another 404, which is about all of them.
      if (new TextDecoder().decode(bytes).includes("NoSuchBucket"))
        throw new StoreFailure(
          `There is no bucket ${bucket} at ${base}: create it, or name another with --store.`,
        );
      return undefined;
    },
    has: async (key) => (await ask("HEAD", addressOfKey(key), [404])).ok,
    write: async (key, bytes) => void (await ask("PUT", addressOfKey(key), [], { bytes })),
    async writeNew(key, bytes) {
      // 412: there is one; 409: somebody is writing one.
      await ask("PUT", addressOfKey(key), [412, 409], { bytes, headers: { "if-none-match": "*" } });
    },
    remove,
    async removeBelow(below) {
      for (;;) {
        const query = new URLSearchParams({ "list-type": "2", prefix: `${pathOf(below)}/` });
        const text = await (await ask("GET", `${base}?${query}`, [])).text();
        const keys = Array.from(text.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => unescaped(key));
        const start = prefix === "" ? 0 : prefix.length + 1;
        for (const key of keys) await remove(key.slice(start));
        if (keys.length === 0 || !text.includes("<IsTruncated>true</IsTruncated>")) return;
      }
    },
  };
}

/** The address of a bucket: below a server's, or Amazon's own. */
function addressOf(bucket: string, region: string, environment: NodeJS.ProcessEnv): string {
  const endpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  if (endpoint) {
    if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
      throw new UsageError(
        `Expected AWS_ENDPOINT_URL to be the address of a server, such as https://minio.example.org, got ${endpoint}.`,
      );
    return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  }
  // The certificate is not for names with more dots.
  return bucket.includes(".")
    ? `https://s3.${region}.amazonaws.com/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`;
}

async function failureOf(
  name: string,
  method: string,
  base: string,
  response: Response | undefined,
  cause: unknown,
): Promise<StoreFailure> {
  if (response === undefined) {
    const reason = (cause as Error | undefined)?.cause ?? cause;
    return new StoreFailure(
      `The store ${name} cannot be reached at ${new URL(base).origin} (${sentenceOf(reason)}): check AWS_ENDPOINT_URL and the network.`,
      { cause },
    );
  }
  const text = await response.text().catch(() => "");
  const [, code = ""] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  if (code === "NoSuchBucket")
    return new StoreFailure(`There is no bucket for ${name}: create it, or name another with --store.`);
  if (response.status === 403)
    return new StoreFailure(
      `The store ${name} refuses these keys (${code || response.status}): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their rights to read, write, list and delete.`,
    );
  if (response.status === 301 || response.status === 307 || code === "AuthorizationHeaderMalformed")
    return new StoreFailure(`The bucket of ${name} is in another region: name that in AWS_REGION.`);
  return new StoreFailure(
    `The store ${name} cannot be ${method === "PUT" ? "written" : "used"} (${response.status} ${code}): free some space or grant write permission there, or name another with --store.`,
  );
}

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => names[name] ?? whole);
}
