// This comes first: the gradients read flags that only the complete package sets.
import "@tensorflow/tfjs-core";
// Our losses bring their own gradients; others may rely on TensorFlow.js's.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import type { LossPlugin } from "@brushwork/core";
import { networkNames, networks } from "@brushwork/networks";
import { extractRecipe, type Recipe } from "@brushwork/recipes";
import {
  dataOf,
  describedLosses,
  previewPace,
  type RunControl,
  run,
  runControls,
  settings,
} from "@brushwork/runs";
import { findEngines } from "./engines/engines.js";
import type { LossSupport } from "./losses-and-layers.js";
import type { PaintJob, Reply, Request } from "./protocol.js";
import { webHost } from "./web-host.js";

/** The part of a worker's global scope that is used here. */
interface Scope {
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
  postMessage(reply: Reply, transfer: readonly Transferable[]): void;
}

type Post = (reply: Reply, transfer?: readonly Transferable[]) => void;

export interface ServeOptions {
  /** Losses that recipes can name in addition to ours. */
  readonly plugins?: readonly LossPlugin[];
}

/**
 * Lets the worker that calls it serve the page: it paints one run for `paint`, and answers `engineReports`,
 * `lossSupport`, `checkRecipe` and `readRecipe`.
 */
export function serve({ plugins = [] }: ServeOptions = {}): void {
  const scope = globalThis as unknown as Scope;
  const controls = runControls();
  const post: Post = (reply, transfer = []) => scope.postMessage(reply, transfer);
  scope.addEventListener("message", ({ data: request }) => {
    switch (request.type) {
      case "engines":
        return void answer(post, async () => ({ type: "engines", engines: await findEngines() }));
      case "losses":
        return void answer(post, () => ({ type: "losses", support: supportOf(plugins) }));
      case "check":
        return void answer(post, () => checked(request.recipe, plugins));
      case "recipe":
        return void answer(post, () => recipeIn(request.file, plugins));
      case "paint":
        return void paintJob(request.job, plugins, controls, post);
      case "pause":
        return controls.pause();
      case "resume":
        return controls.resume();
      case "stop":
        return controls.stop();
      case "weights":
        return controls.setWeights(request.weights);
    }
  });
}

async function answer(post: Post, find: () => Reply | Promise<Reply>): Promise<void> {
  try {
    post(await find());
  } catch (error) {
    post({ type: "failed", error: dataOf(error) });
  }
}

function checked(recipe: Recipe, plugins: readonly LossPlugin[]): Reply {
  settings(recipe, plugins);
  return { type: "checked" };
}

async function recipeIn(file: Blob, plugins: readonly LossPlugin[]): Promise<Reply> {
  const recipe = extractRecipe(new Uint8Array(await file.arrayBuffer()));
  if (recipe !== undefined) settings(recipe, plugins);
  return { type: "recipe", recipe };
}

/** @throws {OptionError} when two losses have the same name, as a run with them does */
function supportOf(plugins: readonly LossPlugin[]): LossSupport {
  return {
    losses: describedLosses(plugins),
    layers: Object.fromEntries(networkNames.map((name) => [name, networks[name].layers])),
  };
}

/** Runs a job and posts its events, up to the last picture or the error. */
async function paintJob(
  job: PaintJob,
  plugins: readonly LossPlugin[],
  controls: RunControl,
  post: Post,
): Promise<void> {
  const pace = previewPace(job.previewEvery, () => performance.now());
  // The controls are extended, not copied, because they change during the run.
  const control: RunControl = Object.assign(controls, { wantsPicture: pace.due });
  try {
    const { content, styles, masks, init, recipe } = job;
    const wanted = { content, styles, masks, ...(init && { init }), recipe, plugins, standIn: false };
    for await (const event of run(wanted, webHost(job), control)) {
      // Only the last picture is transferred: the run may still need any other.
      const isLast = event.type === "picture" && event.why === "last";
      post({ type: "event", event }, isLast ? [event.picture.data.buffer] : []);
      pace.saw(event);
    }
    post({ type: "ended" });
  } catch (error) {
    post({ type: "failed", error: dataOf(error) });
  }
}
