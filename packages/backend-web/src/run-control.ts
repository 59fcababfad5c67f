import type { Request } from "./protocol.js";

/** What a page has asked for while a run goes on. */
export interface RunControl {
  readonly stopped: boolean;
  /** By term. */
  readonly weights: Readonly<Record<string, number>>;
  hear(request: Request): void;
  /** Resolves at once, or after a pause; a stop ends it too. @param waiting called at the beginning of each pause */
  resumed(waiting?: () => void): Promise<void>;
}

export function runControl(): RunControl {
  let stopped = false;
  let weights: Readonly<Record<string, number>> = {};
  let pause: { readonly over: Promise<void>; end(): void } | undefined;
  return {
    get stopped() {
      return stopped;
    },
    get weights() {
      return weights;
    },
    hear(request) {
      if (request.type === "pause") pause ??= beginning();
      if (request.type === "weights") weights = { ...weights, ...request.weights };
      if (request.type === "stop") stopped = true;
      if (request.type === "resume" || request.type === "stop") {
        pause?.end();
        pause = undefined;
      }
    },
    async resumed(waiting = () => {}) {
      while (pause !== undefined && !stopped) {
        waiting();
        await pause.over;
      }
    },
  };
}

function beginning(): { readonly over: Promise<void>; end(): void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end: () => end() };
}
