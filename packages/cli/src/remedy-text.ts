import type { Remedy } from "@brushwork/backend-node";

/** What is wrong, and what to do about it in the words of the command. */
export function withRemedy(fact: string, remedy: Remedy | undefined): string {
  return remedy === undefined ? fact : `${fact} ${remedyText(remedy)}`;
}

/** "brushwork weights pull vgg19" */
export function pullCommand(network: string, { half = false }: { readonly half?: boolean } = {}): string {
  return `brushwork weights pull ${network}${half ? " --half" : ""}`;
}

/** "brushwork engines install native" */
export function installCommand(engine: string): string {
  return `brushwork engines install ${engine}`;
}

function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case "install engine": {
      const { engine, instead } = remedy;
      const otherwise =
        instead === undefined
          ? "use another engine"
          : `use the engine ${instead}, which needs no more than the driver`;
      return `Install it with \`${installCommand(engine)}\`, or ${otherwise}.`;
    }
    case "start anew":
      return `Start the engine ${remedy.engine} in a new run: --engine ${remedy.engine}`;
    case "inspect engine":
      return "`brushwork doctor` shows what is missing.";
    case "name a TensorFlow":
      return "Name a TensorFlow on this machine with --libtensorflow FOLDER, or use another engine.";
    case "pull weights":
      return `Get them${remedy.again ? " again" : ""}: ${pullCommand(remedy.network, remedy)}`;
  }
}
