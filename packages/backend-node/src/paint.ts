import type { LossPlugin } from "@brushwork/core";
import { presets, type Recipe, withStyleWeights } from "@brushwork/recipes";
import {
  type Job,
  type RunControl,
  type RunControls,
  type RunEvent,
  run,
  runControls,
} from "@brushwork/runs";
import { checkWritable } from "./files/write-file.js";
import { type NodeHostOptions, nodeHost, type PictureSource } from "./node-host.js";
import { type EncodingOptions, writePicture } from "./pictures/picture-file.js";
import { formatOf } from "./pictures/picture-format.js";

/** What to paint, on what, and where to. */
export interface PaintOptions
  extends NodeHostOptions,
    EncodingOptions,
    Pick<RunControl, "signal" | "wantsLosses" | "wantsPicture"> {
  readonly content: PictureSource;
  /** One, or several with weights. */
  readonly style: PictureSource | readonly { readonly picture: PictureSource; readonly weight?: number }[];
  /** What to start from, for a recipe whose `init` is "picture". */
  readonly init?: PictureSource;
  /** @default the default preset */
  readonly recipe?: Recipe;
  /**
   * Whether the network compact may take the place of the recipe's where that one's weights were not pulled.
   * @default unless the recipe says which weights it was painted with
   */
  readonly standIn?: boolean;
  /** Losses that the recipe names besides ours. */
  readonly plugins?: readonly LossPlugin[];
  /** Name of the file that the last picture is written to, with its recipe; see `writePicture`. @default none is written */
  readonly output?: string;
}

/** A run: its events, once, and what can be done to it meanwhile. Leaving the loop ends it and frees all that it took. */
export type Painting = AsyncIterable<RunEvent> & RunControls;

/**
 * Paints from files to a file, and hands on what happens, as `run` of @brushwork/runs does. The last picture is written
 * before its event; where the run fails, the latest that was kept is.
 *
 * @throws as `run`, `startEngine`, `readPicture`, `loadNetwork` and `writePicture` do; what can be known beforehand,
 * such as that the output cannot be written, before anything is started
 */
export function paint(options: PaintOptions): Painting {
  const { signal, wantsLosses, wantsPicture } = options;
  const controls = runControls();
  const { pause, resume, stop, setWeights } = controls;
  const control: RunControl = Object.assign(controls, {
    ...(signal && { signal }),
    ...(wantsLosses && { wantsLosses }),
    ...(wantsPicture && { wantsPicture }),
  });
  return Object.assign(events(options, control), { pause, resume, stop, setWeights });
}

async function* events(options: PaintOptions, control: RunControl): AsyncGenerator<RunEvent, void, void> {
  const { output, quality } = options;
  if (output !== undefined) {
    formatOf(output);
    await checkWritable(output);
  }
  for await (const event of run(jobOf(options), nodeHost(options), control)) {
    if (event.type === "picture" && event.why !== "asked" && output !== undefined)
      await writePicture(output, event.picture, {
        ...(quality !== undefined && { quality }),
        ...(event.recipe && { recipe: event.recipe }),
      });
    yield event;
  }
}

function jobOf({
  content,
  style,
  init,
  recipe = presets.default.recipe,
  standIn,
  plugins,
}: PaintOptions): Job<PictureSource> {
  const sources: readonly { readonly picture: PictureSource; readonly weight?: number }[] = isSource(style)
    ? [{ picture: style }]
    : style;
  return {
    content,
    styles: sources.map(({ picture }) => picture),
    ...(init !== undefined && { init }),
    recipe: withStyleWeights(recipe, sources),
    ...(standIn !== undefined && { standIn }),
    ...(plugins && { plugins }),
  };
}

function isSource(style: PaintOptions["style"]): style is PictureSource {
  return typeof style === "string" || style instanceof Uint8Array || "data" in style;
}
