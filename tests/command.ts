import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const command = fileURLToPath(new URL("../packages/cli/dist/bin.js", import.meta.url));

/** Why the command cannot be run. */
export const missing = existsSync(command) ? undefined : "the command is not built (pnpm build)";

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
