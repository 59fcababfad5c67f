import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The folders of the packages that guides install. */
const packages: Readonly<Record<string, string>> = {
  "@brushwork/backend-node": "packages/backend-node",
  "@brushwork/backend-web": "packages/backend-web",
  "@brushwork/core": "packages/core",
  "@brushwork/loss-content": "packages/loss-plugins/content",
  "@brushwork/loss-style": "packages/loss-plugins/style",
  "@brushwork/recipes": "packages/recipes",
  "@brushwork/testing": "packages/testing",
  "@tensorflow/tfjs-backend-cpu": "packages/testing/node_modules/@tensorflow/tfjs-backend-cpu",
  "@tensorflow/tfjs-core": "packages/testing/node_modules/@tensorflow/tfjs-core",
  "@tensorflow/tfjs-layers": "packages/testing/node_modules/@tensorflow/tfjs-layers",
  vitest: "node_modules/vitest",
};

/** A page whose code blocks are files, each after a line that consists of its name. */
export interface Guide {
  readonly page: string;
  readonly files: ReadonlyMap<string, string>;
  /** @throws {Error} when the page does not have it */
  file(name: string): string;
}

/** @param name of the page in docs */
export async function guide(name: string): Promise<Guide> {
  const page = await readFile(join(root, "docs", name), "utf8");
  const blocks = page.matchAll(/^\*\*(\S+)\*\*\n\n```\w+\n(.*?)^```$/gms);
  const files = new Map(Array.from(blocks, ([, file = "", code = ""]) => [file, code]));
  return {
    page,
    files,
    file(wanted) {
      const code = files.get(wanted);
      if (code === undefined)
        throw new Error(`Expected the page to have ${wanted}, got ${[...files.keys()].join(", ")}.`);
      return code;
    },
  };
}

/** A folder with files, and the packages that guides install. */
export async function folderOf(contents: ReadonlyMap<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "guide-"));
  for (const [name, code] of contents) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), code);
  }
  for (const [name, place] of Object.entries(packages)) {
    await mkdir(dirname(join(path, "node_modules", name)), { recursive: true });
    await symlink(join(root, place), join(path, "node_modules", name), "dir");
  }
  return path;
}

/** @throws {Error} when there is nothing to replace */
export function replaced(code: string, pattern: RegExp | string, replacement: string): string {
  const result = code.replace(pattern, replacement);
  if (result === code) throw new Error(`Expected the page's code to have ${pattern}, got none.`);
  return result;
}

/** What TypeScript finds wrong with a guide's files in a folder. */
export function typeErrors(
  path: string,
  files: Guide["files"],
  given: ts.CompilerOptions,
): readonly string[] {
  const own = [...files.keys()].filter((name) => name.endsWith(".ts")).map((name) => join(path, name));
  const program = ts.createProgram(own, {
    ...given,
    noEmit: true,
    // Here the packages are not built, and programs lie beside src.
    customConditions: ["@brushwork/source"],
    rootDir: parse(root).root,
  });
  const errors = own.flatMap((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  return errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
