import {
  type EngineName,
  type EngineReport,
  ended,
  engineNames,
  engineReport,
} from "@brushwork/backend-node";
import { trialCommand } from "../options.js";
import { installCommand } from "../remedy-text.js";

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
  const trial = await ended(
    process.execPath,
    [...process.execArgv, command, trialCommand, name, String(seconds)],
    { timeout: 1000 * patience },
  );
  const { stdout, stderr } = trial;
  const ending = endingOf(trial, patience);
  const answer = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (ending === undefined && answer.startsWith("{")) return JSON.parse(answer) as EngineReport;
  const said = stderr.trimEnd().split("\n").at(-1);
  return {
    name,
    available: false,
    reason:
      `The trial of the engine ${name}, in a process of its own, ${ending ?? "gave no answer"}` +
      `${said ? ` (${said})` : ""}. ${remedyOf(name)}`,
  };
}

/** All engines, tried at the same time, and nothing measured. */
export async function tryEngines(): Promise<readonly EngineReport[]> {
  return Promise.all(engineNames.map((name) => tryEngine(name)));
}

/** How a trial ended, where not as it should. */
function endingOf(
  { status, name, timedOut }: Pick<Awaited<ReturnType<typeof ended>>, "status" | "name" | "timedOut">,
  patience: number,
): string | undefined {
  if (status === 0) return undefined;
  if (timedOut) return `did not answer within ${patience} seconds`;
  return `crashed with ${name ?? `exit code ${status}`}`;
}

function remedyOf(name: EngineName): string {
  return name === "wasm"
    ? "Use another engine."
    : `Install it anew with \`${installCommand(name)}\`, or use another engine.`;
}
