import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { type LossNames, UsageError } from "./loss-name.js";

/** What stands in the template's files for the names of the loss. */
const stand: Readonly<Record<keyof LossNames, string>> = {
  package: "brushwork-loss-example",
  factory: "exampleLoss",
  term: "example loss",
  folder: "example-folder",
};

/**
 * Writes a package with a loss to a folder that is new or empty.
 *
 * @param options `template`: the folder whose files are copied; `version`: of Brushwork, which the loss is made for
 * @returns the names of the files
 * @throws {UsageError} when the folder has something in it, or is none
 */
export async function createLoss(
  folder: string,
  names: LossNames,
  { template, version }: { readonly template: string; readonly version: string },
): Promise<readonly string[]> {
  await checkFolder(folder);
  const found = await readdir(template, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(template.length + 1));
  const written: string[] = [];
  for (const file of files.toSorted()) {
    const text = await readFile(join(template, file), "utf8");
    const target = renamed[file] ?? file;
    await mkdir(dirname(join(folder, target)), { recursive: true });
    await writeFile(join(folder, target), filled(text, names, version), { flag: "wx" });
    written.push(target.split(sep).join("/"));
  }
  return written;
}

/** Files that npm and its linters would take for this package's own. */
const renamed: Readonly<Partial<Record<string, string>>> = {
  "manifest.json": "package.json",
  _gitignore: ".gitignore",
};

async function checkFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    if (cause.code === "ENOTDIR")
      throw new UsageError(`Expected ${folder} to be a new folder, found a file: choose another name.`);
    throw cause;
  });
  // A repository may be there before its first file.
  if (entries.some((name) => name !== ".git"))
    throw new UsageError(
      `Expected ${folder} to be a new or empty folder, found files in it: choose another name.`,
    );
}

function filled(text: string, names: LossNames, version: string): string {
  let result = text;
  for (const [name, placeholder] of Object.entries(stand))
    result = result.replaceAll(placeholder, names[name as keyof LossNames]);
  return result.replaceAll("workspace:^", rangeOf(version));
}

/** The versions of Brushwork that a loss works with: all up to the next one that may change what a loss is. */
function rangeOf(version: string): string {
  return `>=${version} <${Number(version.split(".")[0]) + 1}`;
}
