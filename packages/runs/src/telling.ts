/**
 * Hands on what a piece of work tells while it goes on, then returns its result.
 *
 * @param discard frees the result of work that nobody waits for any more
 */
export async function* telling<Event, Result>(
  work: (tell: (event: Event) => void) => Promise<Result>,
  discard: (result: Result) => Promise<void> | void,
): AsyncGenerator<Event, Result, void> {
  const waiting: Event[] = [];
  let wake = () => {};
  let done = false;
  let taken = false;
  const result = work((event) => {
    waiting.push(event);
    wake();
  });
  const end = () => {
    done = true;
    wake();
  };
  result.then(end, end);
  try {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else if (done) {
        taken = true;
        return await result;
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    if (!taken) await result.then(discard, () => {});
  }
}
