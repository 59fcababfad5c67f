import { accessSync, constants, existsSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { ended } from "../files/process.mjs";
import { unlessMissing } from "../files/unless-missing.js";
import type { EnginePackage } from "./engine-packages.js";

interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** This Node's own file. */
  readonly node?: string;
}

/** Name of the file that npm keeps settings in. */
const settingsName = ".npmrc";

/**
 * The words that call npm: the one that this process was started by, that came with this Node, or that the PATH names.
 *
 * @throws {Error} when there is none
 */
export function npmCommand({
  environment = process.env,
  platform = process.platform,
  node = process.execPath,
}: Surroundings = {}): readonly [string, ...string[]] {
  const script = "npm/bin/npm-cli.js";
  const windows = platform === "win32";
  const folders = (environment.PATH ?? environment.Path ?? "").split(delimiter).filter(Boolean);
  const { npm_execpath } = environment;
  const startedBy =
    npm_execpath !== undefined && /^np[mx]-cli\.js$/.test(basename(npm_execpath))
      ? [join(dirname(npm_execpath), "npm-cli.js")]
      : [];
  const scripts = [
    ...startedBy,
    join(dirname(node), windows ? "node_modules" : "../lib/node_modules", script),
    // Windows does not run npm.cmd without a shell, whose quoting nobody wants to rely on.
    ...(windows ? folders.map((folder) => join(folder, "node_modules", script)) : []),
  ];
  const found = scripts.find((path) => existsSync(path));
  if (found !== undefined) return [node, found];
  const command = windows ? undefined : folders.map((folder) => join(folder, "npm")).find(isExecutable);
  if (command !== undefined) return [command];
  throw new Error("Expected npm beside Node or on the PATH, found none. Install npm, which comes with Node.");
}

/**
 * Installs a package, with what it depends on, in an empty folder of its own. No install script runs. The settings hold
 * that npm would have where the user stands, the project's and the user's: registry, proxy, certificates.
 *
 * @throws {Error} when npm does not manage
 */
export async function npmInstall(
  folder: string,
  { name, version }: EnginePackage,
  signal?: AbortSignal,
): Promise<void> {
  const [command, ...words] = npmCommand();
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ private: true })}\n`);
  const options = {
    prefix: folder,
    global: false,
    workspaces: false,
    "ignore-scripts": true,
    "dry-run": false,
    "package-lock": false,
    "save-exact": true,
    audit: false,
    fund: false,
    progress: false,
    "update-notifier": false,
    // npm would wait for more than a minute where there is no network.
    "fetch-retry-mintimeout": 1000,
    "fetch-retry-maxtimeout": 10_000,
  };
  const settings = join(folder, settingsName);
  const project = await ended(command, [...words, "prefix"], { signal });
  // For npm, the folder that it installs in is the project.
  await copyFile(join(project.stdout.trim(), settingsName), settings).catch(unlessMissing);
  const { status, stderr } = await ended(
    command,
    [
      ...words,
      "install",
      ...Object.entries(options).map(([option, value]) => `--${option}=${value}`),
      `${name}@${version}`,
    ],
    { signal },
  ).finally(() => rm(settings, { force: true }));
  if (status === 0) return;
  const { code, reason } = npmTrouble(stderr);
  throw Object.assign(
    new Error(
      `npm did not install ${name}@${version}: ${reason}. ` +
        "Check the connection and npm's settings (npm config get registry), then try again.",
    ),
    { code },
  );
}

/** npm's own account: its code, such as ENOTFOUND, and the first line that is a sentence. */
export function npmTrouble(stderr: string): { readonly code?: string; readonly reason: string } {
  const lines = [...stderr.matchAll(/^npm (?:error|ERR!) ?(.*)$/gm)].map(([, line = ""]) => line.trim());
  const [, code] = lines.map((line) => /^code (\S+)$/.exec(line)).find((match) => match !== null) ?? [];
  const reason = lines.find((line) => line !== "" && !/^(code|syscall|errno|path|dest) /.test(line));
  return {
    ...(code !== undefined && { code }),
    reason: (reason ?? code ?? "it does not say why").replace(/\.$/, ""),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
