import { checkpointBytes, type LastingHost, lastingHost, readCheckpoint } from "@brushwork/backend-node";
import {
  type Checkpoint,
  checkpointPace,
  dataOf,
  previewPace,
  type RunControl,
  type RunControls,
  run,
  runControls,
} from "@brushwork/runs";
import { sentenceOf } from "../failure.js";
import { hostOptions, type MachineOptions } from "../run-recipe.js";
import type { Order, PainterReply, PainterRequest } from "./order.js";

/**
 * Paints the orders that the process which forked this one sends, until that one ends. The engine and the networks of
 * one order are there for the next.
 */
export async function paintOrders(): Promise<void> {
  let current: { readonly controls: RunControls; readonly keeper: CheckpointKeeper | undefined } | undefined;
  const hosts = hostKeeper();
  const reply = (message: PainterReply) => process.send?.(message);
  process.on("message", (request: PainterRequest) => {
    switch (request.type) {
      case "paint": {
        const controls = runControls();
        const keeper = request.keeps ? checkpointKeeper(reply) : undefined;
        current = { controls, keeper };
        return void paintOrder(request.order, hosts, controls, keeper, reply);
      }
      case "weights":
        return current?.controls.setWeights(request.weights);
      case "checkpoint":
        return current?.keeper?.ask();
      case "kept":
        return current?.keeper?.kept();
      default:
        return current?.controls[request.type]();
    }
  });
  // Ctrl-C in a terminal, and what stops a service, reach both processes: the other one lets the run end as it should.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  await new Promise((resolve) => process.once("disconnect", resolve));
  process.exit();
}

async function paintOrder(
  { machine, previewEvery, resume, ...job }: Order,
  hosts: HostKeeper,
  controls: RunControl & RunControls,
  keeper: CheckpointKeeper | undefined,
  reply: (message: PainterReply) => void,
): Promise<void> {
  const previews =
    previewEvery === undefined ? undefined : previewPace(previewEvery, () => performance.now());
  // The controls are extended, not copied, because they change during the run.
  const control: RunControl = Object.assign(controls, {
    ...(previews && { wantsPicture: previews.due }),
    ...(keeper && { wantsCheckpoint: keeper.due }),
  });
  const { memory } = machine;
  try {
    const before = resume === undefined ? undefined : await checkpointOf(resume);
    const host = await hosts.hostFor(machine);
    for await (const event of run(
      {
        ...job,
        ...(before !== undefined && { resume: before }),
        ...(memory !== undefined && { memoryBytes: memory }),
      },
      host,
      control,
    )) {
      if (event.type === "checkpoint") await keeper?.keep(event.checkpoint);
      else reply({ type: "event", event });
      previews?.saw(event);
    }
    reply({ type: "ended" });
  } catch (error) {
    // What it left on the engine may be in the way of the next.
    await hosts.release();
    reply({ type: "failed", error: { ...dataOf(error), message: sentenceOf(error) } });
  }
}

/** Where an earlier attempt has come to; undefined where its checkpoint is not whole. */
async function checkpointOf(bytes: Uint8Array): Promise<Checkpoint | undefined> {
  try {
    return (await readCheckpoint(bytes)).checkpoint;
  } catch {
    return undefined;
  }
}

/** Has the other process keep a run's checkpoints. */
interface CheckpointKeeper {
  readonly due: NonNullable<RunControl["wantsCheckpoint"]>;
  /** The next step's is due. */
  ask(): void;
  /** Resolves when the checkpoint is kept, or cannot be. */
  keep(checkpoint: Checkpoint): Promise<void>;
  /** The other process says that it is. */
  kept(): void;
}

function checkpointKeeper(reply: (message: PainterReply) => void): CheckpointKeeper {
  const pace = checkpointPace(() => performance.now());
  let isAsked = false;
  let kept = () => {};
  return {
    due: (step) => pace.due(step) || isAsked,
    ask() {
      isAsked = true;
    },
    async keep(checkpoint) {
      isAsked = false;
      const over = new Promise<void>((resolve) => {
        kept = resolve;
      });
      reply({ type: "checkpoint", bytes: checkpointBytes({ checkpoint }) });
      await over;
      pace.written();
    },
    kept: () => kept(),
  };
}

interface HostKeeper {
  /** The host of the order before, unless that was for another machine. */
  hostFor(machine: MachineOptions): Promise<LastingHost>;
  release(): Promise<void>;
}

function hostKeeper(): HostKeeper {
  let kept: { readonly key: string; readonly host: LastingHost } | undefined;
  const release = async () => {
    await kept?.host.release();
    kept = undefined;
  };
  return {
    release,
    async hostFor(machine) {
      const key = JSON.stringify(machine);
      if (kept?.key !== key) {
        await release();
        kept = { key, host: lastingHost(hostOptions(machine)) };
      }
      return kept.host;
    },
  };
}
