interface Surroundings {
  readonly setImmediate?: (callback: () => void) => void;
  readonly MessageChannel?: new () => {
    readonly port1: { close(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

/** Lets timers, input and messages run, which awaiting a resolved promise would not. */
export function macrotask(): Promise<void> {
  const { setImmediate, MessageChannel } = globalThis as Surroundings;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) return void setImmediate(resolve);
    if (MessageChannel === undefined) return resolve();
    const { port1, port2 } = new MessageChannel();
    const onmessage = () => {
      port1.close();
      resolve();
    };
    Object.assign(port1, { onmessage });
    port2.postMessage(null);
  });
}
