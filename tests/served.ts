import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { command } from "./command.js";

/** A `brushwork serve` that runs. */
export interface Served {
  /** Such as "http://127.0.0.1:41234/". */
  readonly address: string;
  readonly child: ChildProcess;
  /** What it has printed, to both streams. */
  output(): string;
  /** Stops it as Ctrl-C does. @returns its exit code */
  close(): Promise<number | null>;
}

/** Starts the command in a folder, at a port that is free. */
export async function served(
  words: readonly string[],
  { folder, environment = {} }: { readonly folder: string; readonly environment?: NodeJS.ProcessEnv },
): Promise<Served> {
  const child = spawn(process.execPath, [command, "serve", "--port", "0", ...words], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = once(child, "close");
  const address = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        output += chunk;
        const [, found] = /^Brushwork is at (\S+)$/m.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    void ended.then(() => reject(new Error(`Expected a server, but it ended: ${output}`)));
  });
  return {
    address,
    child,
    output: () => output,
    async close() {
      child.kill("SIGINT");
      await ended;
      return child.exitCode;
    },
  };
}
