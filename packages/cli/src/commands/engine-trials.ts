import { spawn } from "node:child_process";
import { type EngineName, type EngineReport, engineNames, engineReport } from "@brushwork/backend-node";

/** The command that tries one engine, in the process that it is called in. */
export const trialCommand = "try-engine";

const trialSeconds = 90;

/** What a trial answers, on the last line of the standard output. */
export async function trialText(name: EngineName, seconds: number): Promise<string> {
  return `\n${JSON.stringify(await engineReport(name, seconds > 0 ? { seconds } : {}))}\n`;
}

/**
 * Whether an engine can run here, tried in a process of its own: a broken native library ends its process, and a
 * library that is loaded cannot be loaded otherwise.
 *
 * @param options `seconds` to measure for, absent for not at all; `command` that has the command above, absent for
 * the one that runs; `patience` in seconds
 */
export async function tryEngine(
  name: EngineName,
  {
    seconds = 0,
    command = process.argv[1] ?? "",
    patience = trialSeconds,
  }: { readonly seconds?: number; readonly command?: string; readonly patience?: number } = {},
): Promise<EngineReport> {
  const { stdout, stderr, ending } = await ended(
    [...process.execArgv, command, trialCommand, name, String(seconds)],
    patience,
  );
  const answer = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (ending === undefined && answer.startsWith("{")) return JSON.parse(answer) as EngineReport;
  const told = stderr.trimEnd().split("\n").at(-1);
  return {
    name,
    available: false,
    reason:
      `Expected the engine ${name} to be tried in a process of its own, but that ${ending ?? "gave no answer"}` +
      `${told ? ` (${told})` : ""}. ${remedyOf(name)}`,
  };
}

/** All engines, tried at the same time, and nothing measured. */
export async function tryEngines(): Promise<readonly EngineReport[]> {
  return Promise.all(engineNames.map((name) => tryEngine(name)));
}

/** @returns `ending`: how it ended, where not as it should */
function ended(
  words: readonly string[],
  patience: number,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly ending?: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 1000 * patience,
      // Native code that hangs does not listen to a milder one.
      killSignal: "SIGKILL",
      windowsHide: true,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", ({ message }) => resolve({ stdout, stderr, ending: `did not start: ${message}` }));
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ stdout, stderr });
      else if (child.killed) resolve({ stdout, stderr, ending: `did not answer within ${patience} seconds` });
      else resolve({ stdout, stderr, ending: `crashed with ${signal ?? `exit code ${code}`}` });
    });
  });
}

function remedyOf(name: EngineName): string {
  return name === "wasm"
    ? "Use another engine."
    : `Install it anew with \`brushwork engines install ${name}\`, or use another engine.`;
}
