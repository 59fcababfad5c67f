import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { main } from "../packages/cli/src/main.js";

export const command = fileURLToPath(new URL("../packages/cli/dist/bin.js", import.meta.url));

/** Why the command cannot be run. */
export const missing = existsSync(command) ? undefined : "the command is not built (pnpm build)";

/** The engine that is the same on every machine. */
export const machine = "--engine wasm --threads 1".split(" ");

/** Losses of shallow layers, which cost little: for runs where it does not matter what they look like. */
export const shallow = "--style-layers relu1_1,relu2_1 --content-layers relu1_2,relu2_2".split(" ");

/** What a run of the command came to. */
export interface Answer {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command `brushwork` in a folder, with these variables beside those of its surroundings.
 *
 * @param options `onOutput` sees the standard output so far, whenever there is more, and the process; `input`: "open"
 * for a standard input that never ends
 */
export function brushwork(
  words: readonly string[],
  {
    folder,
    environment = {},
    input = "none",
    onOutput,
  }: {
    readonly folder: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly input?: "none" | "open";
    readonly onOutput?: (text: string, child: ChildProcess) => void;
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...words], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: [input === "open" ? "pipe" : "ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      onOutput?.(Buffer.concat(stdout).toString(), child);
    });
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/**
 * Runs the command in this process, where TensorFlow.js is loaded and warm: in a fraction of the time. For runs that
 * read no standard input and end by themselves, one at a time.
 */
export async function brushworkHere(
  words: readonly string[],
  {
    folder,
    environment = {},
  }: { readonly folder: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<Answer> {
  const usualFolder = process.cwd();
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      written[stream] += text;
      return true;
    });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  process.chdir(folder);
  try {
    const code = await main(words);
    return { code, signal: null, ...written };
  } finally {
    process.chdir(usualFolder);
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}

/** The events that a run printed with --json. */
export function eventsOf(text: string) {
  return text
    .split("\n")
    .slice(0, -1)
    .map(
      (line) =>
        JSON.parse(line) as {
          readonly event: string;
          readonly step?: number;
          readonly losses?: object;
          readonly path?: string;
          readonly message?: string;
          readonly exitCode?: number;
        },
    );
}
