import { isRecord } from "@brushwork/core/reading";
import { requests } from "./downloads/request.js";
import { Trouble } from "./downloads/trouble.js";
import { isLossPackage } from "./loss-plugins.js";

/** A package with a loss that a registry has. */
export interface FoundLoss {
  readonly name: string;
  readonly version: string;
  /** As its author puts it: it may hold anything. */
  readonly description: string;
}

/** The keyword that packages with losses have. */
const keyword = "brushwork-loss";

const npm = "https://registry.npmjs.org";

/** More packages than a list is read for; the best matches come first. */
const mostFound = 100;

const mostBytes = 4 * 2 ** 20;

/** Milliseconds. */
const patience = 30_000;

/**
 * Packages with losses on npm, found by the keyword "brushwork-loss", the best match first. None of their code is loaded.
 *
 * @param text what they are to be about; empty: anything
 * @param options `registry`: its address. Absent: the one of npm's settings where npm runs this, else npm's own
 * @throws {Error} when the registry cannot be asked, or gives no such list
 */
export async function searchLosses(
  text: string,
  {
    registry = process.env.npm_config_registry ?? npm,
    signal,
  }: { readonly registry?: string; readonly signal?: AbortSignal } = {},
): Promise<readonly FoundLoss[]> {
  const query = new URLSearchParams({ text: `keywords:${keyword} ${text}`.trim(), size: String(mostFound) });
  const source = `${registry.replace(/\/+$/, "")}/-/v1/search?${query}`;
  const connection = await requests();
  try {
    return listed(JSON.parse(await connection.text({ source, patience, signal }, mostBytes)));
  } catch (cause) {
    signal?.throwIfAborted();
    const trouble = cause instanceof Trouble ? cause.message : "gave no list of packages";
    const host = URL.canParse(registry) ? new URL(registry).host : registry;
    throw new Error(
      `The registry of packages could not be searched: ${host} ${trouble}. ` +
        `Try again later, or look at https://www.npmjs.com/search?q=keywords:${keyword}`,
      { cause },
    );
  } finally {
    await connection.close();
  }
}

/** @throws {TypeError} when it is no list of packages */
function listed(answer: unknown): readonly FoundLoss[] {
  if (!isRecord(answer) || !Array.isArray(answer.objects))
    throw new TypeError("Expected a list of packages.");
  return answer.objects.flatMap((entry: unknown) => {
    const { name, version, description } = isRecord(entry) && isRecord(entry.package) ? entry.package : {};
    // Any package may have the keyword; losses are found by their names alone.
    if (typeof name !== "string" || !isLossPackage(name) || typeof version !== "string") return [];
    return [{ name, version, description: typeof description === "string" ? description : "" }];
  });
}
