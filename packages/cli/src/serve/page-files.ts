import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { Failure } from "../failure.js";

/** The files of the page by their paths, such as "/index.html". */
export type PageFiles = ReadonlyMap<
  string,
  { readonly type: string; read(): Promise<Uint8Array<ArrayBuffer>> }
>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".webmanifest": "application/manifest+json",
};

/** The files of a folder, to be served; whatever else a request names is not among them. */
export async function pageFiles(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Failure(`The page is not where it is installed, in ${folder}: install @brushwork/cli again.`, {
      cause,
    });
  });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const type = types[extname(path)] ?? "application/octet-stream";
        return [
          `/${relative(folder, path).split(sep).join("/")}`,
          { type, read: async () => new Uint8Array(await readFile(path)) },
        ];
      }),
  );
}
