import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLoss } from "./create-loss.js";
import { namesOf, UsageError } from "./loss-name.js";

const help = `Usage: npm create brushwork-loss NAME
       npx create-brushwork-loss NAME [--folder FOLDER]

Creates a folder with a loss of your own for Brushwork: the loss in TypeScript, its options, tests and a build.

NAME is that of the loss, such as my-loss: its package is called brushwork-loss-my-loss. With a scope, as in
@you/my-loss, it is @you/brushwork-loss-my-loss. Without NAME, you are asked for it in the terminal.

Options:
  --folder FOLDER  where to make it (default: NAME without its scope)
  -h, --help       show this help
  -v, --version    show the version
`;

/** What the command needs from a process. */
export interface Surroundings {
  readonly folder: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: Pick<NodeJS.WriteStream, "write">;
}

/**
 * Does what the command line asks for.
 * @returns the exit code
 */
export async function main(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, folder: here } = surroundings;
  try {
    const { values, positionals } = parsed(words);
    if (values.help) stdout.write(help);
    else if (values.version) stdout.write(`${version()}\n`);
    else {
      const [name = await askedName(surroundings), ...others] = positionals;
      if (others.length > 0)
        throw new UsageError(`Expected one name, got ${positionals.join(" ")}: join its words with hyphens.`);
      const names = namesOf(name);
      const folder = join(here, values.folder ?? names.folder);
      const template = fileURLToPath(new URL("../template", import.meta.url));
      await createLoss(folder, names, { template, version: version() });
      const shown = relative(here, folder) || ".";
      stdout.write(
        `Made the package ${names.package} in ${shown}. Next:\n\n${shown === "." ? "" : `  cd ${shown}\n`}` +
          `  npm install\n  npm test\n\nThe loss is in src/index.ts; ${basename(folder)}/README.md says how to paint with it.\n`,
      );
    }
    return 0;
  } catch (error) {
    stderr.write(`create-brushwork-loss: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        folder: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (cause) {
    const unknown = words.find((word) => word.startsWith("-")) ?? "";
    throw new UsageError(`Expected --folder FOLDER, --help or --version, got ${unknown}: see --help.`, {
      cause,
    });
  }
}

async function askedName({ stdin, stdout }: Surroundings): Promise<string> {
  if (!stdin.isTTY)
    throw new UsageError("Expected the name of the loss, got none: npm create brushwork-loss my-loss.");
  const dialog = createInterface({ input: stdin, output: stdout });
  try {
    return (await dialog.question("Name of the loss, such as my-loss: ")).trim();
  } finally {
    dialog.close();
  }
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}
