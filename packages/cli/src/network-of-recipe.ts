import { existsSync } from "node:fs";
import { loadNetwork, type NetworkName, networkNames, weightStore } from "@brushwork/backend-node";
import type { Network, Recipe } from "@brushwork/core";
import { compactRecipe } from "@brushwork/recipes";
import { UsageError } from "./failure.js";
import type { Progress } from "./progress.js";

/** The options that a network is chosen by. */
export interface NetworkChoice {
  readonly network?: string;
  /** A weight file. */
  readonly weights?: string;
  readonly recipe?: string;
}

/** Brings its weights along, and takes the losses' weights that are meant for VGG-19. */
const standIn: NetworkName = "compact";

/** The network that a recipe names. @throws {UsageError} with those there are, where it names none of them */
export function knownNetwork({ network }: Recipe): NetworkName {
  const name = networkNames.find((known) => known === network.name);
  if (name === undefined)
    throw new UsageError(
      `Expected the network to be one of ${networkNames.join(", ")}, got "${network.name}".`,
    );
  return name;
}

/**
 * Loads a recipe's network onto the engine that runs.
 *
 * @param name of the network, as `knownNetwork` gives it
 * @param options who names a network, or a recipe that does, gets that one or none; else another stands in for one
 * whose weights were not pulled
 * @returns the recipe as well, with the network and the weights that it will be painted with
 */
export async function networkOfRecipe(
  name: NetworkName,
  recipe: Recipe,
  options: NetworkChoice,
  progress: Progress,
): Promise<{ readonly network: Network; readonly recipe: Recipe }> {
  const { pooling, sha256: painted } = recipe.network;
  const { weights } = options;
  const chosen = options.network ?? weights ?? options.recipe;
  const loadable = chosen !== undefined || isThere(name) ? name : standIn;
  if (loadable !== name)
    progress.warned(
      `Painting with the small network ${standIn}: the weights of ${name}, which paints better, are not here. ` +
        `Get them: brushwork weights pull ${name}`,
    );
  const { network, sha256 } = await loadNetwork(loadable, {
    pooling,
    ...(weights !== undefined && { weights }),
  });
  if (painted !== undefined && painted !== sha256)
    progress.warned(`The recipe was painted with other weights of ${name}: the picture will differ.`);
  // Presets are meant for VGG-19; a recipe that was given already is for the network it names.
  const painting = loadable === standIn && options.recipe === undefined ? compactRecipe(recipe) : recipe;
  return { network, recipe: { ...painting, network: { ...painting.network, sha256 } } };
}

/** Whether a network brings its weights along, or they were pulled; whether they are intact is not looked at. */
function isThere(name: NetworkName): boolean {
  const store = weightStore();
  return !store.names.includes(name) || existsSync(store.path(name));
}
