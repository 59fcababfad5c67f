import { constants, fstatSync, readFileSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { Failure } from "../failure.js";

/** Stands for the standard input or output where a file name is expected. */
export const streamName = "-";

/** @throws {Failure} when it is a terminal, which nobody types a picture into */
export async function readStandardInput(): Promise<Uint8Array> {
  const bytes = peeked ?? (await drainStandardInput());
  peeked = undefined;
  return bytes;
}

/** What was read of the standard input before its turn. */
let peeked: Uint8Array | undefined;

/** The bytes that `readStandardInput` will give, before it does. @throws as it does */
export async function peekStandardInput(): Promise<Uint8Array> {
  peeked ??= await drainStandardInput();
  return peeked;
}

async function drainStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY)
    throw new Failure(
      `Expected a picture on the standard input for "${streamName}", got a terminal: pipe one in.`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Resolves when the bytes are out. */
export function writeStandardOutput(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (cause) => {
      if (!cause) return resolve();
      reject(standardOutputFailure(cause));
    });
  });
}

export function standardOutputFailure(cause: Error): Failure {
  return new Failure(`The standard output could not be written (${cause.message}).`, { cause });
}

/**
 * Checks that a picture would get out.
 * @throws {Failure} when the command was started without a standard output
 */
export function checkStandardOutput(): void {
  if (isClosed(1))
    throw new Failure(
      "Expected a standard output for the picture, but it is closed: redirect it, or name a file.",
    );
}

/**
 * Whether the command was started without a stream. Node then opens the null device in its place, for reading and
 * writing, which a shell's ">/dev/null" is not. Only Linux says how a stream was opened.
 */
function isClosed(descriptor: number): boolean {
  try {
    const [, flags = ""] =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8")) ?? [];
    const isNull = fstatSync(descriptor).rdev === statSync(devNull).rdev;
    return isNull && (Number.parseInt(flags, 8) & constants.O_RDWR) !== 0;
  } catch {
    return false;
  }
}

/** Resolves once all that was printed is out, or has failed and said so in an event. */
export async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  await new Promise(setImmediate);
}
