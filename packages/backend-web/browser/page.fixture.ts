import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Picture } from "@brushwork/core";
import { compactRecipe, presets, type Recipe, termName } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import { type Site, type SiteOptions, serveSite } from "../../../tests/chromium.js";
import type { Chromium } from "../../../tests/in-chromium.js";
import { disc, stripes } from "../../../tests/pictures.js";
import type * as api from "../src/index.js";

/** A picture as it crosses to the page. */
type Plain = Omit<Picture, "data"> & { readonly data: readonly number[] };

export interface RunOptions
  extends Pick<api.PaintOptions, "engine" | "software" | "recipe" | "previewEvery" | "catalogue"> {
  readonly content: Plain;
  readonly style:
    | Plain
    | readonly {
        readonly picture: Plain;
        readonly weight?: number;
        readonly contentMask?: Plain;
        readonly styleMask?: Plain;
      }[];
  /** Takes the worker that can be asked to lose its device, and counts what it holds; see probes.js. */
  /** Whether to tell all pixels of the pictures. */
  readonly all?: boolean;
  readonly probes?: "" | "lost-at-once" | "full" | "small-gpu" | "four-processors";
}

/** An event without its picture, of which size and range remain. */
export type Told = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface Outcome {
  readonly events: readonly Told[];
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly engine?: string;
    readonly longest?: number;
    readonly step?: number;
    readonly term?: string;
  };
}

export interface Script {
  /** The step after which it is done; 0: before the run begins. */
  readonly at: number;
  readonly ask:
    | "abortByTimer"
    | "stop"
    | "loseDevice"
    | "dropStyle"
    | "dropStyleAndStop"
    | "pauseAndStop"
    | "pauseAndResume";
}

/** What page.js offers. */
interface Offered extends Omit<typeof api, "paint"> {
  run(options: RunOptions, script?: Script): Promise<Outcome>;
  decode(
    bytes: readonly number[],
    type: string,
    options?: Pick<api.ReadingOptions, "longest"> & { readonly all?: boolean },
  ): Promise<Readonly<Record<string, unknown>>>;
  encode(
    picture: Plain,
    format: api.PictureFormat,
    options: api.EncodingOptions,
  ): Promise<{ readonly type: string; readonly bytes: number[]; readonly pixels: number[] }>;
}

declare global {
  // Only where page.js runs.
  var brushwork: Offered;
}

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Serves the package as it was built, with the page. */
export function servePage(options: Omit<SiteOptions, "folder"> = {}): Promise<Site> {
  if (!existsSync(`${folder}/dist/default-worker.js`))
    throw new Error(
      "Expected @brushwork/backend-web to be built, found no folder dist. Run pnpm build first.",
    );
  return serveSite({ folder, ...options });
}

/** A page on which `brushwork` is there; blank storage. */
export async function openPage(chromium: Chromium, { address }: Pick<Site, "address">): Promise<Page> {
  const page = await chromium.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(`${address}browser/index.html`);
  await page.waitForFunction(() => globalThis.brushwork !== undefined);
  return page;
}

/** Runs in the page, and brings back what happened. */
export function run(page: Page, options: Partial<RunOptions>, script?: Script): Promise<Outcome> {
  const given = {
    content: plain(disc(48, 36)),
    style: plain(stripes(36, 48)),
    recipe: tinyRecipe(),
    ...options,
  };
  // As text: the types of recipes are too deep for those of arguments.
  return page.evaluate(
    (text) => globalThis.brushwork.run(...(JSON.parse(text) as [RunOptions, Script?])),
    JSON.stringify(script ? [given, script] : [given]),
  );
}

/** Losses that count: all terms, from noise. */
export function tinyRecipe({ size = 48, steps = 10 } = {}): Recipe {
  return {
    ...compactRecipe(presets.default.recipe),
    scales: [{ size, steps }],
    margin: 4,
    seed: 7,
    init: "noise",
  };
}

/** The same with losses of shallow layers, which cost little: for runs where it does not matter what they look like. */
export function shallowRecipe(options?: Parameters<typeof tinyRecipe>[0]): Recipe {
  const layers: Readonly<Record<string, readonly string[]>> = {
    content: ["relu1_2", "relu2_2"],
    style: ["relu1_1", "relu2_1"],
  };
  const recipe = tinyRecipe(options);
  const terms = recipe.terms.map((term) => {
    const shallow = layers[termName(term)];
    return shallow ? { ...term, options: { ...term.options, layers: shallow } } : term;
  });
  return { ...recipe, terms };
}

export function plain({ width, height, data }: Picture): Plain {
  return { width, height, data: [...data] };
}

/** The events of a kind. */
export function of(outcome: Outcome, type: string): readonly Told[] {
  return outcome.events.filter((event) => event.type === type);
}

/** A picture's event, with the recipe of that very picture. */
export interface ToldPicture extends Told {
  readonly why: "asked" | "last" | "kept";
  readonly index: number;
  readonly recipe: Recipe;
  /** The lightest and the darkest of its reds. */
  readonly least: number;
  readonly most: number;
  /** All bytes, where they were wanted. */
  readonly pixels?: readonly number[];
}

export function pictures(outcome: Outcome, why: ToldPicture["why"]): readonly ToldPicture[] {
  return (of(outcome, "picture") as readonly ToldPicture[]).filter((event) => event.why === why);
}

/** The picture that a run ends with. @throws {Error} when it ends with something else */
export function lastPicture(outcome: Outcome): ToldPicture {
  const last = outcome.events.at(-1) as ToldPicture | undefined;
  if (outcome.error !== undefined || last?.why !== "last")
    throw new Error(`Expected a last picture at the end, got ${JSON.stringify(outcome.error ?? last)}.`);
  return last;
}
