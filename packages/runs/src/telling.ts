/**
 * Yields the events that a piece of work reports while it runs, then returns its result.
 *
 * @param work calls `tell` with each event
 * @param discard frees the result if the generator is closed before it is returned
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
