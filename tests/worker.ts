import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { command } from "./command.js";

/** What a worker prints with --json. */
export interface WorkerEvent {
  readonly event: string;
  readonly job?: string;
  readonly name?: string;
  readonly from?: number;
  readonly step?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** A `brushwork work` that runs. */
export interface TestWorker {
  readonly child: ChildProcess;
  readonly events: readonly WorkerEvent[];
  readonly output: () => string;
  /** Resolves with the first event that is as it should be, also one that was before. */
  saw(is: (event: WorkerEvent) => boolean): Promise<WorkerEvent>;
  /** Sends it a signal and waits for its end. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

/** Starts a worker in a folder. It prints JSON. */
export function startWorker(
  words: readonly string[],
  { folder, environment = {} }: { readonly folder: string; readonly environment?: NodeJS.ProcessEnv },
): TestWorker {
  const child = spawn(process.execPath, [command, "work", "--json", ...words], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: WorkerEvent[] = [];
  const listeners = new Set<() => void>();
  let [output, rest] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line)));
    for (const listener of [...listeners]) listener();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  const ended = once(child, "close").then(() => child.exitCode);
  return {
    child,
    events,
    ended,
    output: () => output,
    saw: (is) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(is);
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`The worker ended before that: ${output}`)));
      }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}
