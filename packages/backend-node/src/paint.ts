import {
  type Engine,
  type Network,
  type Picture,
  type Recipe,
  type Step,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import type { EngineName, StartOptions } from "./engines.js";
import { type LoadedNetwork, loadNetwork, type NetworkName, type NetworkOptions } from "./networks.js";
import { onEngine } from "./on-engine.js";
import { readPicture, writePicture } from "./picture-file.js";
import { formatOf } from "./picture-format.js";
import { checkWritable } from "./write-file.js";

/** A file's name, a file's bytes, or a picture. */
export type PictureSource = string | Uint8Array | Picture;

/** The options of core's `stylize`, with names where it wants things. */
export interface PaintOptions extends Omit<StylizeOptions, "engine" | "network" | "content" | "style"> {
  readonly content: PictureSource;
  /** One, or several with weights. */
  readonly style: PictureSource | readonly { readonly picture: PictureSource; readonly weight?: number }[];
  /** Name of the file that the last step's picture is written to; see `writePicture`. Absent: none is written. */
  readonly output?: string;
  /** Absent: "compact". A network that was loaded belongs to the engine it was loaded on: pass that too. */
  readonly network?: NetworkName | ({ readonly name: NetworkName } & NetworkOptions) | Network;
  /** Absent: "auto". An engine that was started goes on running. */
  readonly engine?: EngineName | "auto" | Engine;
  /** Of the engine that is started by its name. */
  readonly engineOptions?: StartOptions;
  /** Carried by the output. It sets nothing here: it describes the other options. */
  readonly recipe?: Recipe;
}

/**
 * Paints from files to a file: starts the engine, loads the network and the pictures, hands on each step of `stylize`,
 * and writes the last one's picture before it does. All that it started or loaded is freed at the end, however it ends.
 * Under "auto" the next engine takes over where one cannot do the first step (see `onEngine`).
 *
 * @throws as `startEngine`, `readPicture`, `loadNetwork`, `stylize` and `writePicture` do; what can be known
 * beforehand, such as that the output cannot be written, before anything is started
 */
export async function* paint({
  content,
  style,
  output,
  network = "compact",
  engine = "auto",
  engineOptions = {},
  recipe,
  ...options
}: PaintOptions): AsyncGenerator<Step, void, void> {
  if (output !== undefined) {
    formatOf(output);
    await checkWritable(output);
  }
  const pictures = { content: await pictureOf(content), style: await stylesOf(style) };
  yield* typeof engine === "string" ? onEngine(engine, engineOptions, paintOn) : paintOn(engine);

  async function* paintOn(running: Engine): AsyncGenerator<Step, void, void> {
    const loaded = await load(network);
    try {
      const run = { ...options, ...pictures, engine: running, network: loaded.network };
      for await (const step of stylize(run)) {
        if (step.last && output !== undefined)
          await writePicture(output, await step.picture(), recipe && { recipe: withWeights(recipe, loaded) });
        yield step;
      }
    } finally {
      if (loaded.network !== network) loaded.network.dispose();
    }
  }
}

async function pictureOf(source: PictureSource): Promise<Picture> {
  return typeof source === "string" || source instanceof Uint8Array ? readPicture(source) : source;
}

async function stylesOf(style: PaintOptions["style"]): Promise<StylizeOptions["style"]> {
  if (typeof style === "string" || style instanceof Uint8Array || "data" in style) return pictureOf(style);
  return Promise.all(style.map(async (source) => ({ ...source, picture: await pictureOf(source.picture) })));
}

async function load(
  network: NonNullable<PaintOptions["network"]>,
): Promise<Partial<LoadedNetwork> & { network: Network }> {
  if (typeof network === "string") return loadNetwork(network);
  if ("forward" in network) return { network };
  const { name, ...options } = network;
  return loadNetwork(name, options);
}

/** A recipe names the very weights that were used, where they are known. */
function withWeights(recipe: Recipe, { sha256 }: Partial<LoadedNetwork>): Recipe {
  return sha256 === undefined ? recipe : { ...recipe, network: { ...recipe.network, sha256 } };
}
