import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface LocalServer {
  readonly url: string;
  /** The Range header of each request so far. */
  readonly ranges: readonly (string | undefined)[];
}

/** For tests: a server on this machine that answers as it is told, until the test has finished. */
export async function localServer(answer: RequestListener): Promise<LocalServer> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges };
}

/** Answers as a good server does: with the file, or with the range that was asked for. */
export function give(file: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  response.end(rangeOf(file, request, response));
}

/**
 * As `give`, but no more than so many bytes of the body.
 *
 * @returns cuts the connection, once so many bytes of the file have been received that nothing is under way any more
 */
export function giveUntilCut(
  file: Uint8Array,
  bytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): (received: number) => void {
  const body = rangeOf(file, request, response);
  response.flushHeaders();
  response.write(body.subarray(0, bytes));
  const last = file.length - body.length + bytes;
  return (received) => {
    if (received === last) response.socket?.destroy();
  };
}

/** Writes the head of the answer. @returns its body */
function rangeOf(file: Uint8Array, request: IncomingMessage, response: ServerResponse): Uint8Array {
  const start = Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": file.length - start,
    ...(start > 0 && { "content-range": `bytes ${start}-${file.length - 1}/${file.length}` }),
  });
  return file.subarray(start);
}
