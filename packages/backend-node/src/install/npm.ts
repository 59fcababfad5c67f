import { accessSync, constants, existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { ended } from "../files/process.mjs";
import type { EnginePackage } from "./engine-packages.js";

interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** This Node's own file. */
  readonly node?: string;
}

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
 * Installs what an engine's lock file pins in an empty folder of its own: npm refuses an archive with another hash. No
 * install script runs. The settings are the user's (registry, proxy, certificates), not those of a project that the
 * user happens to stand in.
 *
 * @throws {Error} when npm does not manage
 */
export async function npmInstall(
  folder: string,
  { name, version, lock }: EnginePackage,
  signal?: AbortSignal,
): Promise<void> {
  const [command, ...words] = npmCommand();
  const text = await readFile(lock, "utf8");
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, object>> };
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ private: true, ...packages[""] })}\n`);
  await writeFile(join(folder, "package-lock.json"), text);
  const options = {
    prefix: folder,
    global: false,
    workspaces: false,
    "ignore-scripts": true,
    "dry-run": false,
    "package-lock": true,
    "package-lock-only": false,
    "install-strategy": "hoisted",
    audit: false,
    fund: false,
    progress: false,
    "update-notifier": false,
    // npm would wait for more than a minute where there is no network.
    "fetch-retry-mintimeout": 1000,
    "fetch-retry-maxtimeout": 10_000,
  };
  const { status, stderr } = await ended(
    command,
    [...words, "ci", ...Object.entries(options).map(([option, value]) => `--${option}=${value}`)],
    // For npm, the folder that it runs in is the project, whose settings it reads: this one has none.
    { signal, cwd: folder },
  );
  if (status === 0) return;
  const { code, reason } = npmTrouble(stderr);
  throw Object.assign(
    new Error(
      `npm did not install ${name}@${version}: ${reason}. ${
        code === "EINTEGRITY"
          ? "The registry gave another archive than the published one: do not trust it, and use another registry."
          : "Check the connection and npm's settings (npm config get registry), then try again."
      }`,
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
