import { expect, it } from "vitest";
import { compactRecipe } from "./compact-recipe.js";
import { presets } from "./presets.js";

// With a quarter of the channels, Σ (F − P)² has a quarter of the terms; Σ (G − A)² / C⁴ is what the readouts keep.
it("makes up for the channels that a sum lacks", () => {
  const { network, terms } = compactRecipe(presets.paper.recipe);
  expect(network).toEqual({ name: "compact", pooling: "average" });
  expect(terms.map(({ loss, weight }) => [loss, weight])).toEqual([
    ["content", 0.5 * 4],
    ["style", 1000 * 256],
    ["tv", 10 * 255 ** 2],
  ]);
});

it("makes up for it by the loss, whatever its term is named", () => {
  const [content, style] = presets.paper.recipe.terms;
  const terms = [
    { ...content!, name: "style" },
    { ...style!, name: "first style" },
    { ...style!, loss: "wasserstein", name: "second style" },
    { ...style!, loss: "moments", name: "third style" },
    { ...style!, loss: "histogram", name: "fourth style" },
    { ...content!, loss: "laplacian", name: "edges" },
  ];
  const found = compactRecipe({ ...presets.paper.recipe, terms }).terms;
  expect(found.map(({ name, weight }) => [name, weight])).toEqual([
    ["style", 0.5 * 4],
    ["first style", 1000 * 256],
    ["second style", 1000 * 4],
    ["third style", 1000 * 4],
    ["fourth style", 1000 * 4],
    // It looks at no channels.
    ["edges", 0.5],
  ]);
});

it("leaves the weights of a loss that it does not know", () => {
  const terms = ["constructor", "brushwork-loss-foo"].map((loss) => ({
    loss,
    weight: 3,
    options: { reduction: "sum" },
  }));
  expect(compactRecipe({ ...presets.paper.recipe, terms }).terms).toEqual(terms);
});

it("does not ask for another network's weights", () => {
  const network = { name: "vgg19", pooling: "max", weights: `sha256:${"0".repeat(64)}` } as const;
  expect(compactRecipe({ ...presets.default.recipe, network }).network).toEqual({
    name: "compact",
    pooling: "max",
  });
});

it("keeps padding and pooling, but not VGG-19's input", () => {
  const look = { pooling: "average", poolingScale: 2, padding: "replicate" } as const;
  const network = { ...look, name: "vgg19", preprocessing: "caffe-256" } as const;
  expect(compactRecipe({ ...presets.default.recipe, network }).network).toEqual({ ...look, name: "compact" });
});

it("leaves losses that average as they are", () => {
  expect(compactRecipe(presets.default.recipe).terms).toEqual(presets.default.recipe.terms);
});
