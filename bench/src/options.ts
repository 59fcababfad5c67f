import { parseArgs } from "node:util";
import { type EngineName, engineNames, type Precision, precisions } from "@brushwork/backend-node";

export const usage = `Usage: pnpm bench [options]

Measures a step of style transfer through VGG-19 to relu5_1, with random weights, on each engine.

  --engine NAME      only this engine (${engineNames.join(", ")}); may be given several times
  --size PIXELS      only this size, of both sides
  --precision NAME   only this precision (${precisions.join(", ")}); native alone has another than full
  --large            1024 as well, where the engine is fast enough
  --profile          also where the time of a step goes, by kind of kernel
  --markdown         tables as Markdown
  --json FILE        also writes the figures to a file
  --compare FILE     also shows the change against figures that --json wrote
  --help             shows this`;

/** What to measure, and how to show it. */
export interface BenchOptions {
  readonly engines: readonly EngineName[];
  /** Whether the user named the engines: then one that cannot run is a failure. */
  readonly named: boolean;
  readonly precisions: readonly Precision[];
  readonly size?: number;
  readonly large: boolean;
  readonly profile: boolean;
  readonly markdown: boolean;
  readonly json?: string;
  readonly compare?: string;
}

/**
 * Parses the command line.
 *
 * @returns "help" where that is requested
 * @throws {RangeError} with a one-sentence message that says what is wrong
 */
export function parseOptions(words: readonly string[]): BenchOptions | "help" {
  const { engine, size, precision, help, large, profile, markdown, json, compare } = values(words);
  if (help) return "help";
  const engines = engine?.map((name) => oneOf("the engine", engineNames, name));
  const chosen = precision === undefined ? precisions : [oneOf("the precision", precisions, precision)];
  if (engines !== undefined && precision === "fast" && !engines.includes("native"))
    throw new RangeError(`Expected the engine native for the precision fast, got ${engines.join(", ")}.`);
  return {
    engines: engines ?? (precision === "fast" ? ["native"] : engineNames),
    named: engines !== undefined,
    precisions: chosen,
    large,
    profile,
    markdown,
    ...(size !== undefined && { size: sizeOf(size) }),
    ...(json !== undefined && { json }),
    ...(compare !== undefined && { compare }),
  };
}

function values(words: readonly string[]) {
  // pnpm passes on the two dashes that end its own options.
  const args = words.filter((word) => word !== "--");
  try {
    return parseArgs({
      args,
      options: {
        engine: { type: "string", multiple: true },
        size: { type: "string" },
        precision: { type: "string" },
        large: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        json: { type: "string" },
        compare: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    const { message } = cause as Error;
    const [reason = message] = message.split(/\.? ?\n|\. /);
    throw new RangeError(`Expected options that --help lists, got this: ${reason}.`, { cause });
  }
}

function oneOf<Name extends string>(what: string, names: readonly Name[], got: string): Name {
  const found = names.find((name) => name === got);
  if (found === undefined)
    throw new RangeError(`Expected ${what} to be one of ${names.join(", ")}, got "${got}".`);
  return found;
}

/** Parses a size: blocks 1 to 5 halve the image four times, and tensors' 32-bit sizes limit the largest. */
function sizeOf(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 16 || size > 2048)
    throw new RangeError(`Expected the size to be a whole number from 16 to 2048, got "${text}".`);
  return size;
}
