import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable } from "@brushwork/core/reading";
import fc from "fast-check";
import { afterAll } from "vitest";

/** How many mutations of each kind, and from which seed: `pnpm fuzz --runs 10000 --seed 7` sets them. */
const runs = Number(process.env.BRUSHWORK_FUZZ_RUNS ?? 150);
const seed = Number(process.env.BRUSHWORK_FUZZ_SEED ?? 1);

/** A path that may be run again, as a failure prints it. */
const path = process.env.BRUSHWORK_FUZZ_PATH;

/** Name of the file that each input is written to. It stays where the process crashes or hangs. */
export const inputFile = join(
  process.env.BRUSHWORK_FUZZ_FOLDER ?? tmpdir(),
  `brushwork-input-${process.pid}`,
);

afterAll(() => rm(inputFile, { force: true }));

/**
 * Tries mutated inputs. Each is written to `inputFile` beforehand.
 *
 * @param inputs bytes, text, or a value that is written as JSON
 * @param attempt resolves where the input is taken; rejects with a sentence where it is refused
 * @param options `name`: what every refusal has to name
 */
export async function tryAll<Input>(
  inputs: fc.Arbitrary<Input>,
  attempt: (input: Input) => unknown,
  { name }: { readonly name?: string } = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await writeFile(inputFile, input instanceof Uint8Array ? input : textOf(input));
      try {
        await attempt(input);
      } catch (error) {
        checkRefusal(error, name);
      }
    }),
    { numRuns: runs, seed, ...(path !== undefined && { path, endOnFailure: true }) },
  );
}

function textOf(input: unknown): string {
  return typeof input === "string" ? input : (JSON.stringify(input) ?? String(input));
}

/** What engines of JavaScript say of a mistake in a program. */
const mistakes =
  /cannot read|is not (a function|iterable|defined|a constructor)|undefined|\bNaN\b.*length|invalid (array|typed array|string) length|offset is out of|outside the bounds|maximum call stack|out of memory|circular|assertion/i;

/** Longest refusal, the file's name aside: sentences, not the input. */
const longest = 1000;

/** @throws {Error} when an error is not a sentence for the user */
function checkRefusal(error: unknown, name: string | undefined): void {
  const fault = faultOf(error, name);
  if (fault !== undefined) throw new Error(`Expected a refusal, got one ${fault}.`, { cause: error });
}

function faultOf(error: unknown, name: string | undefined): string | undefined {
  if (!(error instanceof Error)) return "that is no Error";
  const { message } = error;
  const own = name === undefined ? message : message.replaceAll(name, "");
  if (name !== undefined && own === message) return `that does not name the file: ${message}`;
  if (mistakes.test(own)) return `that is a mistake of the program's: ${message}`;
  if (own.length > longest) return `of ${own.length} characters: ${message.slice(0, 200)}`;
  if (printable(own) !== own) return `with characters that a terminal obeys: ${JSON.stringify(message)}`;
  if (!/[.)"]$/.test(own.trim())) return `that is no sentence: ${message}`;
  return undefined;
}
