import { messageOf } from "@brushwork/core/errors";
import type { Remedy } from "@brushwork/runs";

/**
 * Something is missing, or not as it should be, that this package can mend. The message says both, in the words of this
 * package's functions; programs with words of their own take `fact` and `remedy`.
 */
export class Remediable extends Error {
  override readonly name = "Remediable";
  /** What is wrong, in a sentence. */
  readonly fact: string;
  readonly remedy: Remedy;

  constructor(fact: string, remedy: Remedy, options?: ErrorOptions) {
    super(`${fact} ${remedyText(remedy)}`, options);
    this.fact = fact;
    this.remedy = remedy;
  }
}

/** What is wrong, with the remedy apart where it is known as data. */
export function lackOf(error: unknown): { readonly reason: string; readonly remedy?: Remedy } {
  if (!(error instanceof Remediable)) return { reason: messageOf(error) };
  const { fact, remedy } = error;
  return { reason: fact, remedy };
}

/** A remedy in the words of this package. */
function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case "install engine": {
      const { engine, instead } = remedy;
      const otherwise =
        instead === undefined
          ? "use another engine"
          : `use the engine ${instead}, which needs no more than the driver`;
      return `Install it with \`installEngine("${engine}")\`, or ${otherwise}.`;
    }
    case "start anew":
      return `Start the engine ${remedy.engine} by name, in a new process.`;
    case "inspect engine":
      return `\`engineReport("${remedy.engine}")\` says what is missing.`;
    case "name a TensorFlow":
      return "Pass the folder of a TensorFlow on this machine as `libtensorflow`, or use another engine.";
    case "pull weights": {
      const { network, half, again } = remedy;
      return `Get them${again ? " again" : ""} with \`weightStore().pull("${network}"${half ? ", { half: true }" : ""})\`.`;
    }
  }
}
