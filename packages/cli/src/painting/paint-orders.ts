import { type LastingHost, lastingHost } from "@brushwork/backend-node";
import { dataOf, previewPace, type RunControl, type RunControls, run, runControls } from "@brushwork/runs";
import { sentenceOf } from "../failure.js";
import { hostOptions, type MachineOptions } from "../run-recipe.js";
import type { Order, PainterReply, PainterRequest } from "./order.js";

/**
 * Paints the orders that the process which forked this one sends, until that one ends. The engine and the networks of
 * one order are there for the next.
 */
export async function paintOrders(): Promise<void> {
  let controls: (RunControl & RunControls) | undefined;
  const hosts = hostKeeper();
  const reply = (message: PainterReply) => process.send?.(message);
  process.on("message", (request: PainterRequest) => {
    switch (request.type) {
      case "paint":
        controls = runControls();
        return void paintOrder(request.order, hosts, controls, reply);
      case "weights":
        return controls?.setWeights(request.weights);
      default:
        return controls?.[request.type]();
    }
  });
  // Ctrl-C in a terminal reaches both processes: the other one lets the run end with its picture.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  await new Promise((resolve) => process.once("disconnect", resolve));
  process.exit();
}

async function paintOrder(
  { machine, previewEvery, ...job }: Order,
  hosts: HostKeeper,
  controls: RunControl & RunControls,
  reply: (message: PainterReply) => void,
): Promise<void> {
  const pace = previewPace(previewEvery, () => performance.now());
  // The controls are extended, not copied, because they change during the run.
  const control: RunControl = Object.assign(controls, { wantsPicture: pace.due });
  const { memory } = machine;
  try {
    const host = await hosts.hostFor(machine);
    for await (const event of run(
      { ...job, ...(memory !== undefined && { memoryBytes: memory }) },
      host,
      control,
    )) {
      reply({ type: "event", event });
      pace.saw(event);
    }
    reply({ type: "ended" });
  } catch (error) {
    // What it left on the engine may be in the way of the next.
    await hosts.release();
    reply({ type: "failed", error: { ...dataOf(error), message: sentenceOf(error) } });
  }
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
