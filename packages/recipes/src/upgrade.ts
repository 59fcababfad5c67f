/** A recipe's fields, which may be anything. */
type Fields = Readonly<Record<string, unknown>>;

/** What takes a recipe of each version to the next. */
const upgrades: Readonly<Record<number, (recipe: Fields) => Fields>> = { 1: fromVersion1 };

/**
 * A recipe's fields as the newest version has them. What cannot be is left for the parser to refuse.
 * @param version of the recipe
 */
export function upgraded(recipe: Fields, version: number): Fields {
  const upgrade = upgrades[version];
  return upgrade === undefined ? recipe : upgraded(upgrade(recipe), version + 1);
}

/**
 * Version 1 had one name for a term and its loss, averaging and clamping among Adam's options, and weights known by
 * their file's digest alone. Before there was a choice, the image was carried from scale to scale.
 */
function fromVersion1(recipe: Fields): Fields {
  const { network, terms, optimizer } = recipe;
  const { average = 0, carry = "image", clamp = false, ...options } = recordOf(recordOf(optimizer).options);
  return {
    ...recipe,
    version: 2,
    network: isRecord(network) && "sha256" in network ? withWeights(network) : network,
    terms: Array.isArray(terms) ? terms.map((term) => (isRecord(term) ? withLoss(term) : term)) : terms,
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

/** The labels are those of today's presets, so that the same words change the same weights. */
function withLoss({ name, ...term }: Fields): Fields {
  return { loss: name, ...(name === "wasserstein" && { name: "style" }), ...term };
}

function recordOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
