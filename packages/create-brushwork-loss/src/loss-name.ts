/** What a loss is called in each place. */
export interface LossNames {
  /** The name of its folder: "my-loss". */
  readonly folder: string;
  /** The name of its package: "brushwork-loss-my-loss", or "@you/brushwork-loss-my-loss". */
  readonly package: string;
  /** The name of the function that makes it: "myLoss". */
  readonly factory: string;
  /** In reports of a run: "my loss". */
  readonly term: string;
}

/** A mistake in what was asked for; the message is a sentence with the remedy. */
export class UsageError extends Error {}

/** What the command and recipes load as a loss. */
const prefix = "brushwork-loss-";

/** Most characters of a package's name on npm. */
const longestName = 214;

/**
 * The names of a loss that somebody calls "my-loss", "@you/my-loss" or "brushwork-loss-my-loss".
 *
 * @throws {UsageError} when npm would not have the name
 */
export function namesOf(asked: string): LossNames {
  const [, scope = "", rest = ""] = /^(@[^/]*\/)?(.*)$/s.exec(asked) ?? [];
  const short = rest.startsWith(prefix) ? rest.slice(prefix.length) : rest;
  const name = `${scope}${prefix}${short}`;
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?brushwork-loss-[a-z0-9][a-z0-9._-]*$/.test(name)) throw wrongName(asked);
  if (name.length > longestName)
    throw new UsageError(
      `Expected a name that makes the package's at most ${longestName} characters long, got ${name.length}: choose a shorter one.`,
    );
  const words = short.split(/[._-]+/).filter((word) => word !== "");
  const camel = words
    .map((word, i) => (i === 0 ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join("");
  const whole = /loss$/i.test(camel) ? camel : `${camel}Loss`;
  return {
    folder: rest,
    package: name,
    factory: /^\d/.test(whole) ? `loss${whole}` : whole,
    term: words.join(" "),
  };
}

function wrongName(asked: string): UsageError {
  const possible = asked
    .toLowerCase()
    .replaceAll(/[^a-z0-9._@/-]+/g, "-")
    .replaceAll(/^[._-]+|-+$/g, "");
  const usable = possible !== asked && /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(possible);
  return new UsageError(
    'Expected a name of lowercase letters, digits, "-", "_" and ".", such as my-loss or @you/my-loss, got ' +
      `${JSON.stringify(asked)}.${usable ? ` Try ${possible}.` : ""}`,
  );
}
