import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An NVIDIA GPU, as its driver reports it. */
export interface NvidiaGpu {
  readonly name: string;
  readonly freeBytes: number;
}

/**
 * The first NVIDIA GPU. Asks the program that every driver brings along.
 * @throws {Error} where there is no driver or no GPU
 */
export async function nvidiaGpu(): Promise<NvidiaGpu> {
  let table: string;
  try {
    const query = ["--query-gpu=name,memory.free", "--format=csv,noheader,nounits"];
    ({ stdout: table } = await run("nvidia-smi", query, { timeout: 10_000, windowsHide: true }));
  } catch (cause) {
    throw new Error(missing, { cause });
  }
  const [name, mebibytes] = table.split("\n", 1)[0]?.split(/, (?=\d+\s*$)/) ?? [];
  if (!name || mebibytes === undefined) throw new Error(missing);
  return { name, freeBytes: Number(mebibytes) * 2 ** 20 };
}

const missing =
  "Expected an NVIDIA GPU with its driver for the engine cuda, found none. Use another engine, or where there is " +
  "such a GPU, install its driver.";
