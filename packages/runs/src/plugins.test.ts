import "@tensorflow/tfjs-backend-cpu";
import { type Json, type LossPlugin, OptionError } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { checkOptions } from "./checked-options.js";
import { ownLosses, pluginsWith } from "./plugins.js";
import { checkPlugin } from "./term-of.js";

type Options = { readonly [name: string]: Json };

/** Every layer that one of our losses uses by default, with three channels. */
const featuresFrom = (seed: number) =>
  Object.fromEntries(
    ["image", "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"].map((layer, i) => [
      layer,
      tf.randomUniform<tf.Rank.R4>([1, 8, 8, 3], 0, 1, "float32", seed + i),
    ]),
  );

function lossOf(plugin: LossPlugin, options: Options): number {
  const term = plugin.create(options);
  const targets = term.prepare({
    content: { features: featuresFrom(1) },
    styles: [{ features: featuresFrom(20), weight: 1 }],
  });
  return term.loss(featuresFrom(40), targets).dataSync()[0]!;
}

function defaultsOf({ options }: LossPlugin): Options {
  const properties = Object.entries(options.properties as Readonly<Record<string, Options>>);
  return Object.fromEntries(properties.map(([name, schema]) => [name, schema.default!]));
}

function reductionsOf({ options }: LossPlugin): readonly string[] {
  const { reduction } = options.properties as Readonly<Record<string, Options>>;
  return (reduction?.enum ?? []) as readonly string[];
}

describe.each(ownLosses)("our loss $name", (plugin) => {
  const defaults = defaultsOf(plugin);

  it("is a plugin, described in one line", () => {
    expect(() => checkPlugin(plugin, plugin.name)).not.toThrow();
    expect(plugin.description).toMatch(/^[A-Z].{10,90}[^.]$/);
  });

  it("has a title and a default for each of its options, which fit its schema", () => {
    for (const schema of Object.values(plugin.options.properties as Readonly<Record<string, Options>>)) {
      expect(schema.title).toMatch(/^[A-Z].*[^.]$/);
      expect(schema.default).toBeDefined();
    }
    expect(() => checkOptions(plugin.name, plugin.options, defaults)).not.toThrow();
    expect(() => checkOptions(plugin.name, plugin.options, {})).not.toThrow();
  });

  it("does the same without options as with the defaults", () => {
    expect(plugin.create({}).layers).toEqual(plugin.create(defaults).layers);
    const loss = lossOf(plugin, {});
    expect(loss).toBeGreaterThan(0);
    expect(lossOf(plugin, defaults)).toBe(loss);
  });

  it("gives another result with a reduction other than the default", () => {
    const others = reductionsOf(plugin).filter((reduction) => reduction !== defaults.reduction);
    // A cosine has no unit that a sum could be divided by.
    expect(others.length > 0).toBe(plugin.name !== "nearest");
    for (const reduction of others) expect(lossOf(plugin, { reduction })).not.toBe(lossOf(plugin, {}));
  });

  it("takes each reduction that its schema names", () => {
    for (const reduction of reductionsOf(plugin))
      expect(() => checkOptions(plugin.name, plugin.options, { reduction })).not.toThrow();
  });
});

describe("the plugins that a recipe can name", () => {
  const other = (name: string): LossPlugin => ({ name, options: {}, create: ownLosses[0]!.create });

  it("are ours, and then the others", () => {
    expect(pluginsWith([]).map(({ name }) => name)).toEqual([
      "content",
      "style",
      "wasserstein",
      "tv",
      "moments",
      "histogram",
      "nearest",
      "laplacian",
    ]);
    const foo = other("brushwork-loss-foo");
    expect(pluginsWith([foo])).toEqual([...ownLosses, foo]);
  });

  it.each([
    [["foo", "bar", "foo"], "foo"],
    [["style"], "style"],
  ])("cannot have the same name: %o", (names, twice) => {
    expect(() => pluginsWith(names.map(other))).toThrow(
      new OptionError(`Expected loss plugins with different names, got "${twice}" twice: leave one out.`),
    );
  });
});
