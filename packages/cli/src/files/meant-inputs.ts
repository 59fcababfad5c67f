import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { nearestName } from "@brushwork/core/reading";
import { UsageError } from "../failure.js";
import { formatInName } from "./format-in-name.js";

/**
 * Refuses words that are no pictures, but something else that can be told.
 *
 * @param commands names of the other commands
 * @param hasOutput whether the output is named
 * @throws {UsageError} when the first word is nearly the name of a command, or the last one is a file to be written
 */
export function checkMeant(
  pictures: readonly string[],
  { commands, hasOutput }: { readonly commands: readonly string[]; readonly hasOutput: boolean },
): void {
  const [first = "", ...others] = pictures;
  const command = /[.\\/]/.test(first) || existsSync(first) ? undefined : nearestName(first, commands);
  if (command !== undefined)
    throw new UsageError(
      `There is no picture ${first}. Did you mean "${["brushwork", command, ...others].join(" ")}"?`,
    );
  const last = others.at(-1) ?? "";
  if (hasOutput || others.length < 2 || existsSync(last) || formatInName(last) === undefined) return;
  if (pictures.slice(0, -1).every((name) => existsSync(name)))
    throw new UsageError(`There is no picture ${last}. To write the painting there, use -o ${last}.`);
}

/**
 * A sentence about a folder's pictures before one of another folder, as `photos/*.jpg painting.jpg` gives them:
 * undefined where there is nothing to say.
 */
export function manyContentsText(content: string, styles: readonly string[]): string | undefined {
  const last = styles.at(-1) ?? "";
  const others = styles.slice(0, -1);
  const isOfFolder = (name: string) => dirname(name) === dirname(content);
  if (others.length === 0 || !others.every(isOfFolder) || isOfFolder(last)) return undefined;
  return (
    `Painting ${content} alone, in the style of all the other pictures. To paint every one of them in the style of ` +
    `${last}, use brushwork batch with the same pictures.`
  );
}
