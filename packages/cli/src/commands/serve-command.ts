import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepPicture } from "@brushwork/backend-node";
import { serve as listen } from "@hono/node-server";
import { asUsageError, Failure, sentenceOf, UsageError } from "../failure.js";
import { defaultOutputName, pictureExtensions } from "../files/output-name.js";
import { version } from "../options.js";
import { painterProcess } from "../painting/painter-process.js";
import type { MachineOptions } from "../run-recipe.js";
import { checkToken } from "../serve/access.js";
import { pageFiles } from "../serve/page-files.js";
import { server } from "../serve/server.js";
import { type JobPicture, type JobState, studio } from "../serve/studio.js";

export interface ServeOptions extends MachineOptions {
  readonly port?: number;
  readonly host?: string;
  readonly token?: string;
  /** A folder. */
  readonly output?: string;
  readonly maxSize?: number;
  /** In bytes. */
  readonly maxUpload?: number;
  readonly maxJobs?: number;
  readonly debug?: boolean;
}

const usualPort = 8080;
const usualHost = "127.0.0.1";
const usualSize = 2048;
const usualUpload = 64 * 2 ** 20;
const mostStyles = 16;

/** Where the build puts the page. */
const page = fileURLToPath(new URL("./page", import.meta.url));

/**
 * Serves the page and the HTTP API until it is stopped. Then the picture that is being painted is ended with what there
 * is of it.
 *
 * @param print called with the lines for the user
 * @param signal aborted by Ctrl-C
 */
export async function serve(
  options: ServeOptions,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { port = usualPort, host = usualHost, token, output: folder, debug, maxJobs } = options;
  const { engine, threads, precision, memory } = options;
  try {
    checkToken(host, token);
  } catch (error) {
    throw asUsageError(error);
  }
  if (folder !== undefined)
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw new UsageError(
        `The folder ${folder} cannot be created (${sentenceOf(cause)}): name another with -o.`,
        {
          cause,
        },
      );
    });
  const painter = painterProcess({ ...(debug !== undefined && { debug }) });
  const jobs = studio(painter, {
    ...(maxJobs !== undefined && { mostQueued: maxJobs }),
    ...(folder !== undefined && { onPainted: (job, picture) => written(folder, job, picture, print) }),
  });
  const app = server(jobs, {
    version: version(),
    mostBytes: options.maxUpload ?? usualUpload,
    mostSize: options.maxSize ?? usualSize,
    mostStyles,
    machine: {
      ...(engine !== undefined && { engine }),
      ...(threads !== undefined && { threads }),
      ...(precision !== undefined && { precision }),
      ...(memory !== undefined && { memory }),
    },
    page: await pageFiles(page),
    ...(token !== undefined && { token }),
  });
  const listener = listen({ fetch: app.fetch, port, hostname: host });
  try {
    await once(listener, "listening").catch((error: NodeJS.ErrnoException) => {
      throw listeningFailure(error, host, port);
    });
    print(`Brushwork is at ${addressOf(listener.address() as AddressInfo, token)}\nCtrl-C ends it.\n`);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    listener.close();
    await jobs.close();
    if ("closeAllConnections" in listener) listener.closeAllConnections();
  }
}

/** Writes a picture, and replaces none. @returns where it is */
async function written(
  folder: string,
  { names }: JobState,
  { picture, recipe }: JobPicture,
  print: (text: string) => void,
): Promise<string> {
  const inputs = [names.content, ...names.styles].map((name) => name.replace(/[/\\:*?"<>|\p{Cc}]/gu, "_"));
  const path = join(folder, defaultOutputName(inputs, pictureExtensions.png));
  const { path: file, failure } = await keepPicture(path, picture, {
    replace: false,
    ...(recipe && { recipe }),
  });
  print(`Wrote ${file}, ${picture.width}×${picture.height}\n`);
  if (failure !== undefined)
    throw new Failure(`${sentenceOf(failure)} The picture is in ${file}.`, { cause: failure });
  return file;
}

function listeningFailure(cause: NodeJS.ErrnoException, host: string, port: number): unknown {
  if (cause.code === "EADDRINUSE")
    return new Failure(
      `Port ${port} of ${host} is taken: choose another with --port, or --port 0 for any that is free.`,
      {
        cause,
      },
    );
  if (cause.code === "EACCES")
    return new Failure(
      `Port ${port} needs more rights than this user has: choose one above 1023 with --port.`,
      {
        cause,
      },
    );
  if (cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND")
    return new UsageError(`Expected --host to be an address of this machine, got ${host}.`, { cause });
  return cause;
}

function addressOf({ address, family, port }: AddressInfo, token: string | undefined): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}/${token === undefined ? "" : `?token=${token}`}`;
}
