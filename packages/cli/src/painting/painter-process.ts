import { type ChildProcess, fork } from "node:child_process";
import { on, once } from "node:events";
import { errorOf, type RunEvent } from "@brushwork/runs";
import { painterCommand } from "../options.js";
import type { Order, OrderedRun, Painter, PainterReply, PainterRequest } from "./order.js";

/**
 * A painter in a process of its own, so that this one goes on answering while an engine computes, and outlives a native
 * library that crashes or memory that runs out. The process is started for the first order, and again after it has ended.
 *
 * @param options `command`: the file that has the command `brushwork`, absent for the one that runs; `debug`: whether
 * what native libraries print is shown
 */
export function painterProcess({
  command = process.argv[1] ?? "",
  debug = false,
}: {
  readonly command?: string;
  readonly debug?: boolean;
} = {}): Painter {
  let child: ChildProcess | undefined;
  const started = () => {
    if (child?.connected !== true)
      child = fork(command, [painterCommand], {
        serialization: "advanced",
        stdio: ["ignore", "ignore", debug ? "inherit" : "ignore", "ipc"],
      });
    return child;
  };
  const ask = (request: PainterRequest) => {
    if (child !== undefined) sendTo(child, request);
  };
  return {
    paint(order, keep): OrderedRun {
      return {
        pause: () => ask({ type: "pause" }),
        resume: () => ask({ type: "resume" }),
        stop: () => ask({ type: "stop" }),
        checkpoint: () => ask({ type: "checkpoint" }),
        setWeights: (weights) => ask({ type: "weights", weights }),
        abandon: () => void child?.kill("SIGKILL"),
        [Symbol.asyncIterator]: () => eventsOf(started(), order, keep),
      };
    },
    async end() {
      if (child === undefined || hasEnded(child)) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function* eventsOf(
  child: ChildProcess,
  order: Order,
  keep: ((checkpoint: Uint8Array) => Promise<void>) | undefined,
): AsyncGenerator<RunEvent, void, void> {
  const replies = on(child, "message", { close: ["disconnect"] });
  sendTo(child, { type: "paint", order, keeps: keep !== undefined });
  for await (const [reply] of replies as AsyncIterable<readonly [PainterReply]>) {
    if (reply.type === "failed") throw errorOf(reply.error);
    if (reply.type === "ended") return;
    if (reply.type === "checkpoint") {
      await keep?.(reply.bytes);
      sendTo(child, { type: "kept" });
    } else yield reply.event;
  }
  if (!hasEnded(child)) await once(child, "exit");
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  throw new Error(
    `The process that paints ended unexpectedly (${how}). If memory ran out, choose a smaller size or set --memory.`,
  );
}

/** Whether it arrives or not: a process that has ended shows it in other ways. */
function sendTo(child: ChildProcess, request: PainterRequest): void {
  if (child.connected) child.send(request, () => {});
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
