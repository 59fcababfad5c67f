import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { places } from "./pages.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const repository = "https://github.com/brushwork/brushwork";

/**
 * Where a link of a Markdown file leads on the site: to another page, or to the repository for what is no page.
 *
 * @param file the file that has the link, by its path from the repository's root
 * @throws {Error} when it leads to nothing in the repository
 */
export function siteLink(link: string, file: string): string {
  const [, path = "", hash = ""] = /^([^#]*)(#.*)?$/.exec(link) ?? [];
  const target = targetOf(path, file);
  if (target === undefined) return link;
  const page = places[target] ?? places[join(target, "README.md")];
  if (page !== undefined) return `/${page}${hash}`;
  const where = join(root, target);
  if (!existsSync(where)) throw new Error(`${file} links to ${link}, and there is no ${target}.`);
  return `${repository}/${statSync(where).isDirectory() ? "tree" : "blob"}/main/${target}${hash}`;
}

/** What a link means, as a path from the repository's root; undefined: something outside it, or in the same page. */
function targetOf(path: string, file: string): string | undefined {
  if (path === "") return undefined;
  const [, own] = new RegExp(`^${repository}/(?:blob|tree)/main/(.*)$`).exec(path) ?? [];
  if (own !== undefined) return own;
  const [, name] = /^https:\/\/www\.npmjs\.com\/package\/@brushwork\/([^/]+)$/.exec(path) ?? [];
  if (name !== undefined)
    return name.startsWith("loss-") ? `packages/loss-plugins/${name.slice(5)}` : `packages/${name}`;
  return /^[a-z]+:|^\//.test(path) ? undefined : normalize(join(dirname(file), path)).replace(/\/$/, "");
}
