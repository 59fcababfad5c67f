import "@tensorflow/tfjs-backend-cpu";
import { type LossPlugin, type LossTerm, OptionError, PluginError } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { checkPlugin, termOf } from "./term-of.js";

const image = tf.tensor4d([0.25, 0.5, 0.75], [1, 1, 1, 3]);
const sources = { content: { features: { image } }, styles: [{ features: { image }, weight: 1 }] };

/** A loss that is the sum of the image's three channels. */
const whole: LossTerm = {
  name: "whole",
  weight: 3,
  layers: ["image"],
  prepare: () => undefined,
  loss: ({ image }) => tf.sum(image!),
};

/** A plugin whose `create` returns a loss, or something that is not one. */
const pluginOf = (create: (options: object) => unknown, changes: object = {}) =>
  ({ name: "brushwork-loss-foo", options: {}, create, ...changes }) as LossPlugin;

const made = (plugin: LossPlugin) => termOf(plugin, { name: "label", weight: 2, options: {} });

const failing = (message: string) => () => {
  throw new Error(message);
};

/** Expects a broken plugin to be refused with this message. */
function expectFailure(action: () => unknown, sentence: string): void {
  expect(action).toThrow(
    expect.objectContaining({ name: "PluginError", plugin: "brushwork-loss-foo", message: sentence }),
  );
}

describe("a term of a plugin", () => {
  it("is its loss, with the label and the weight that it is given", () => {
    const term = made(pluginOf(() => whole));
    expect(term).toMatchObject({ name: "label", weight: 2, layers: ["image"] });
    expect(term.prepare(sources)).toBeUndefined();
    expect(term.loss({ image }, undefined).dataSync()[0]).toBeCloseTo(1.5, 6);
  });

  it("says what memory its loss works with", () => {
    const size = { featureBytes: { image: 12 }, regions: 2 };
    const workingBytes = ({ featureBytes, regions }: typeof size) => featureBytes.image * regions;
    expect(made(pluginOf(() => ({ ...whole, workingBytes }))).workingBytes?.(size)).toBe(24);
    expect(made(pluginOf(() => whole))).not.toHaveProperty("workingBytes");
    const term = made(pluginOf(() => ({ ...whole, workingBytes: failing("It is lost.") })));
    expectFailure(() => term.workingBytes?.(size), 'The loss "brushwork-loss-foo" failed: It is lost.');
  });

  it("is made with the options that it is given, which fit the plugin's schema", () => {
    const seen: object[] = [];
    const plugin = pluginOf(
      (options) => {
        seen.push(options);
        return whole;
      },
      { options: { properties: { rate: { type: "number", default: 5 } } } },
    );
    termOf(plugin, { name: "label", weight: 1, options: { rate: 2 } });
    termOf(plugin, { name: "label", weight: 1, options: {} });
    expect(seen).toEqual([{ rate: 2 }, {}]);
    expect(() => termOf(plugin, { name: "label", weight: 1, options: { rate: "2" } })).toThrow(
      new OptionError('Expected the option "rate" of the loss "brushwork-loss-foo" to be a number, got "2".'),
    );
    expect(seen).toHaveLength(2);
  });

  it("gives its loss what it prepares, and calls both as methods", () => {
    const plugin = pluginOf(() => ({
      ...whole,
      factor: 10,
      prepare(this: { factor: number }) {
        return tf.scalar(this.factor);
      },
      loss(this: { factor: number }, _: unknown, targets: tf.Scalar) {
        return tf.mul(targets, this.factor);
      },
    }));
    const term = made(plugin);
    expect(term.loss({ image }, term.prepare(sources)).dataSync()[0]).toBe(100);
  });
});

describe("a broken plugin", () => {
  it("that throws in create is named", () => {
    expectFailure(
      () => made(pluginOf(failing("There is no sun."))),
      'The loss "brushwork-loss-foo" cannot be made: There is no sun.',
    );
  });

  it("that throws something other than an error is named", () => {
    const plugin = pluginOf(() => {
      throw "sun";
    });
    expectFailure(() => made(plugin), 'The loss "brushwork-loss-foo" cannot be made: sun');
  });

  it("is not to blame for options that contradict each other", () => {
    const refusal = new OptionError("Expected a before b, got b before a.");
    const plugin = pluginOf(() => {
      throw refusal;
    });
    expect(() => made(plugin)).toThrow(refusal);
  });

  it.each([["prepare"], ["loss"]] as const)(
    "that throws in %s is named, with what was thrown as the cause",
    (part) => {
      const cause = new RangeError("There is no sun.");
      const term = made(
        pluginOf(() => ({
          ...whole,
          [part]: () => {
            throw cause;
          },
        })),
      );
      const act = part === "prepare" ? () => term.prepare(sources) : () => term.loss({ image }, undefined);
      expectFailure(act, 'The loss "brushwork-loss-foo" failed: There is no sun.');
      expect(act).toThrow(expect.objectContaining({ cause }));
    },
  );

  it.each<[unknown]>([
    [undefined],
    [null],
    [3],
    [Promise.resolve(whole)],
    [{ ...whole, layers: undefined }],
    [{ ...whole, layers: "image" }],
    [{ ...whole, layers: ["image", 3] }],
    [{ ...whole, prepare: undefined }],
    [{ ...whole, loss: 3 }],
  ])("that does not make a term is refused with what one is: %o", (nothing) => {
    expectFailure(
      () => made(pluginOf(() => nothing)),
      'The loss "brushwork-loss-foo" has to make a loss term: an object with layers and the functions prepare and loss.',
    );
  });

  it.each<[what: string, value: () => unknown]>([
    ["the shape [1,1,1,3]", () => image],
    ["the shape [1]", () => tf.tensor1d([1])],
    ["number", () => 3],
    ["undefined", () => undefined],
    ["null", () => null],
    ["object", () => ({})],
    ["a promise", async () => tf.scalar(1)],
  ])("that does not return a scalar is named: it returned %s", (what, loss) => {
    const term = made(pluginOf(() => ({ ...whole, loss })));
    expectFailure(
      () => term.loss({ image }, undefined),
      `The loss "brushwork-loss-foo" has to return a scalar tensor, and returned ${what}.`,
    );
  });

  it("that prepares its targets asynchronously is named", () => {
    const term = made(pluginOf(() => ({ ...whole, prepare: async () => undefined })));
    expectFailure(
      () => term.prepare(sources),
      'The loss "brushwork-loss-foo" has to prepare its targets synchronously, and returned a promise.',
    );
  });

  it.each<[unknown]>([
    [{ required: 3 }],
    [{ properties: { rate: { pattern: "(" } } }],
    [{ properties: { rate: { $ref: "#/nowhere" } } }],
    [null],
  ])("whose schema is not valid is named: %o", (options) => {
    const make = () =>
      termOf(
        pluginOf(() => whole, { options }),
        { name: "label", weight: 1, options: { rate: "fast" } },
      );
    expect(make).toThrow(PluginError);
    expect(make).toThrow(/^The loss "brushwork-loss-foo" cannot be made: ./);
  });
});

describe("what a package exports by default", () => {
  it("is a plugin where it has a name, a schema and the function create", () => {
    expect(() =>
      checkPlugin(
        pluginOf(() => whole),
        "brushwork-loss-foo",
      ),
    ).not.toThrow();
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    ["brushwork-loss-foo"],
    [() => whole],
    [{}],
    [pluginOf(() => whole, { name: undefined })],
    [pluginOf(() => whole, { name: "" })],
    [pluginOf(() => whole, { name: 3 })],
    [pluginOf(() => whole, { options: undefined })],
    [pluginOf(() => whole, { options: null })],
    [pluginOf(() => whole, { options: true })],
    [pluginOf(() => whole, { options: [] })],
    [pluginOf(() => whole, { create: undefined })],
    [pluginOf(() => whole, { create: whole })],
    [{ default: pluginOf(() => whole) }],
  ])("is not a plugin otherwise: %o", (value) => {
    expectFailure(
      () => checkPlugin(value, "brushwork-loss-foo"),
      'The loss "brushwork-loss-foo" is no loss plugin: its default export has to be an object with a name, ' +
        "a schema of its options and the function create.",
    );
  });
});
