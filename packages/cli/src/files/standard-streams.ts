import { Failure } from "../failure.js";

/** Stands for the standard input or output where a file name is expected. */
export const streamName = "-";

/** @throws {Failure} when it is a terminal, which nobody types a picture into */
export async function readStandardInput(): Promise<Uint8Array> {
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
      reject(new Failure(`The standard output could not be written (${cause.message}).`, { cause }));
    });
  });
}
