import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type LossPlugin, messageOf, OptionError, PluginError } from "@brushwork/core";
import { quoted } from "@brushwork/core/reading";
import { checkPlugin, ownLosses } from "@brushwork/runs";
import { resolve } from "import-meta-resolve";

/** Packages of losses: `brushwork-loss-foo`, `@scope/brushwork-loss-foo`. */
const packageName = /^(@[\w.-]+\/)?brushwork-loss-[\w.-]+$/;
/** Ours, which may be named short. */
const ownPackage = /^@brushwork\/loss-/;

/** Whether a name is that of a package with a loss, rather than of a file or of one of ours. */
export function isLossPackage(name: string): boolean {
  return packageName.test(name);
}

/**
 * Loads a loss: runs its code.
 *
 * @param name one of ours, such as `tv`; a package named `brushwork-loss-foo` or `@scope/brushwork-loss-foo`; or a file,
 * such as `./my-loss.js`
 * @param options `folder`: where packages are looked for before they are beside Brushwork, and what the names of files
 * are relative to; the working folder unless given
 * @throws {OptionError} when there is no such loss
 * @throws {PluginError} when the code fails, is no loss plugin, names itself otherwise than its package, or brings
 * another version of TensorFlow.js
 */
export async function loadLoss(
  name: string,
  { folder = process.cwd() }: { readonly folder?: string } = {},
): Promise<LossPlugin> {
  const own = ownLoss(name);
  if (own !== undefined) return own;
  const address = addressOf(name, folder);
  await checkTensorFlow(name, address);
  const plugin = await imported(name, address);
  if (isLossPackage(name) && plugin.name !== name)
    throw new PluginError(
      name,
      `calls itself ${quoted(plugin.name)}. A plugin's name has to be its package's: recipes find it by that.`,
    );
  return plugin;
}

/**
 * The file that a loss is loaded from; none of its code runs. Ours have none.
 *
 * @param name and `folder` as of `loadLoss`
 * @throws {OptionError} when there is no such loss
 */
export function lossFile(
  name: string,
  { folder = process.cwd() }: { readonly folder?: string } = {},
): string | undefined {
  return ownLoss(name) === undefined ? fileURLToPath(addressOf(name, folder)) : undefined;
}

/** The packages of losses that are installed in a folder or those above it; none of their code runs. */
export function installedLosses(folder: string = process.cwd()): readonly string[] {
  const found = foldersUp(resolvePath(folder)).flatMap((path) => {
    const modules = join(path, "node_modules");
    return entriesIn(modules).flatMap((entry) =>
      entry.startsWith("@") ? entriesIn(join(modules, entry)).map((name) => `${entry}/${name}`) : [entry],
    );
  });
  return [...new Set(found.filter(isLossPackage))].sort();
}

function ownLoss(name: string): LossPlugin | undefined {
  const short = name.replace(ownPackage, "");
  return ownLosses.find((plugin) => plugin.name === short);
}

function addressOf(name: string, folder: string): string {
  return isFile(name) ? fileAddress(name, folder) : packageAddress(name, folder);
}

function isFile(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}([\\/]|$)/.test(name) || /\.[cm]?js$/.test(name);
}

function fileAddress(name: string, folder: string): string {
  const path = resolvePath(folder, name);
  if (!existsSync(path)) throw new OptionError(`There is no file ${name} with a loss: check the path.`);
  return pathToFileURL(path).href;
}

function packageAddress(name: string, folder: string): string {
  if (!isLossPackage(name))
    throw new OptionError(
      `Expected a loss to be one of ${ownLosses.map((plugin) => plugin.name).join(", ")}, a package whose name begins with ` +
        `brushwork-loss-, or a file such as ./my-loss.js, got ${quoted(name)}.`,
    );
  const parents = [pathToFileURL(join(folder, "importer.js")).href, import.meta.url];
  for (const parent of parents)
    try {
      return resolve(name, parent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND")
        throw new PluginError(name, `cannot be loaded: ${messageOf(error)}`, { cause: error });
    }
  throw new OptionError(`The loss ${name} is not installed here. Install it: npm install ${name}`);
}

async function imported(name: string, address: string): Promise<LossPlugin> {
  let found: { readonly default?: unknown };
  try {
    found = await import(address);
  } catch (cause) {
    throw new PluginError(name, `cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  checkPlugin(found.default, name);
  return found.default;
}

/** Copies of one version share one engine; those of two versions do not fit together. */
async function checkTensorFlow(name: string, address: string): Promise<void> {
  const [ours, theirs] = await Promise.all([
    tensorFlowSeenFrom(import.meta.url),
    tensorFlowSeenFrom(address),
  ]);
  if (theirs !== undefined && theirs !== ours)
    throw new PluginError(
      name,
      `brings TensorFlow.js ${theirs}, and Brushwork runs on ${ours}: install @tensorflow/tfjs-core@${ours} beside it.`,
    );
}

async function tensorFlowSeenFrom(address: string): Promise<string | undefined> {
  try {
    const path = createRequire(address).resolve("@tensorflow/tfjs-core/package.json");
    return (JSON.parse(await readFile(path, "utf8")) as { readonly version: string }).version;
  } catch {
    // Bundled, or not needed.
    return undefined;
  }
}

function foldersUp(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersUp(parent)];
}

function entriesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
