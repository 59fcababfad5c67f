import type { Json } from "@brushwork/core";
import { presets, type Recipe, termName } from "@brushwork/recipes";
import type { ListOptions } from "../options.js";
import { numberText } from "../reports/quantities.js";

const picturesPage = "https://github.com/brushwork/brushwork/blob/main/docs/pictures.md";

/** The presets, what each is for, and its settings in the words of the options; as JSON, its recipe. */
export function presetsText({ json }: ListOptions): string {
  if (json) {
    const listed = Object.entries(presets).map(([name, preset]) => ({ name, ...preset }));
    return `${JSON.stringify({ presets: listed }, null, 2)}\n`;
  }
  return Object.entries(presets)
    .map(([name, { description, recipe }]) =>
      [
        `${name}: ${description}`,
        ...settingsOf(recipe).map(([what, value]) => `  ${what.padEnd(16)}${value}`),
      ].join("\n"),
    )
    .join("\n\n")
    .concat(`\n\nPictures by each of them: ${picturesPage}\n`);
}

function settingsOf(recipe: Recipe): readonly (readonly [what: string, value: string])[] {
  const { network, terms, optimizer, average, clamp, scales, fit, styleScale, margin, seed, init } = recipe;
  return [
    ["network", networkText(network)],
    ["scales", scales.map(({ size, steps }) => `${sizeText(size)} for ${steps} steps`).join(", then ")],
    ...(scales.every(({ size }) => typeof size === "number") ? [] : [["fit", fit] as const]),
    ...terms.map((term): [string, string] => [
      termName(term),
      [
        ...(termName(term) === term.loss ? [] : [term.loss]),
        `weight ${numberText(term.weight)}`,
        ...optionTexts(term.options),
        ...(term.normalizeGradients ? ["normalized gradients"] : []),
      ].join(", "),
    ]),
    ["optimizer", [optimizer.name, ...optionTexts(optimizer.options)].join(", ")],
    ["average", average.decay === 0 ? "none" : optionTexts(average).join(", ")],
    ["clamp", clamp ? "each step's image to what a file can hold" : "none"],
    ["style scale", String(styleScale)],
    ["margin", `${margin} pixels`],
    ["starts from", init],
    ["seed", String(seed)],
  ];
}

function networkText({
  name,
  pooling,
  poolingScale,
  padding,
  preprocessing,
  weights,
}: Recipe["network"]): string {
  return [
    name,
    poolingScale === undefined ? `${pooling} pooling` : `${pooling} pooling × ${numberText(poolingScale)}`,
    ...(padding === undefined ? [] : [`${padding} padding`]),
    ...(preprocessing === undefined ? [] : [`preprocessing ${preprocessing}`]),
    ...(weights === undefined ? [] : [`weights ${weights}`]),
  ].join(", ");
}

function sizeText(size: Recipe["scales"][number]["size"]): string {
  return typeof size === "number" ? `${size} pixels` : size.join("×");
}

function optionTexts(options: { readonly [key: string]: Json }): readonly string[] {
  return Object.entries(options).map(([name, value]) => `${words(name)} ${valueText(value)}`);
}

/** learningRate → learning rate */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueText(value: Json): string {
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return value.map(valueText).join(" ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, entry]) => `${name}=${valueText(entry)}`)
      .join(" ");
  return String(value);
}
