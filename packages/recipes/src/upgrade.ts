import { isRecord } from "@brushwork/core/reading";

/** A recipe's fields, with unchecked values. */
type Fields = Readonly<Record<string, unknown>>;

/** The function that upgrades a recipe of each version to the next. */
const upgrades: Readonly<Record<number, (recipe: Fields) => Fields>> = { 1: fromVersion1 };

/**
 * A recipe's fields in the form of the newest version. Invalid values are left for the parser to refuse.
 * @param version the recipe's version
 */
export function upgraded(recipe: Fields, version: number): Fields {
  const upgrade = upgrades[version];
  return upgrade === undefined ? recipe : upgraded(upgrade(recipe), version + 1);
}

/**
 * Upgrades from version 1, which had one name for a term and its loss, averaging and clamping among Adam's options, and
 * weights identified only by their file's digest. Before there was a choice, the image was carried from scale to scale.
 */
function fromVersion1(recipe: Fields): Fields {
  const { network, terms, optimizer } = recipe;
  const hasStyle = Array.isArray(terms) && terms.some((term) => recordOf(term).name === "style");
  const { average = 0, carry = "image", clamp = false, ...options } = recordOf(recordOf(optimizer).options);
  return {
    ...recipe,
    version: 2,
    network: isRecord(network) && "sha256" in network ? withWeights(network) : network,
    terms: Array.isArray(terms)
      ? terms.map((term) => (isRecord(term) ? withLoss(term, hasStyle) : term))
      : terms,
    ...(isRecord(optimizer) &&
      isRecord(optimizer.options) && {
        optimizer: { ...optimizer, options },
        average: { decay: average, carry },
        clamp,
      }),
  };
}

function withWeights({ sha256, ...network }: Fields): Fields {
  return { ...network, weights: typeof sha256 === "string" ? `sha256:${sha256}` : sha256 };
}

/**
 * Names terms as today's presets do, so that a weight is changed under the same name.
 * @param hasStyle whether a term has that name already
 */
function withLoss({ name, ...term }: Fields, hasStyle: boolean): Fields {
  return { loss: name, ...(name === "wasserstein" && !hasStyle && { name: "style" }), ...term };
}

function recordOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
