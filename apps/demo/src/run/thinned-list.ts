/** A list of evenly spaced entries that never gets long. */
export interface ThinnedList<Entry> {
  readonly entries: readonly Entry[];
  /**
   * Adds an entry if it is its turn. At first each one is added; whenever the list is full, every other entry is
   * removed, and half as many are added from then on.
   *
   * @param make makes the entry, and is called only if that is added
   */
  offer(make: () => Entry): void;
}

/** An empty list. @param most even number of entries at which the list is thinned */
export function thinnedList<Entry>(most: number): ThinnedList<Entry> {
  let entries: Entry[] = [];
  let every = 1;
  let offered = 0;
  return {
    get entries() {
      return entries;
    },
    offer(make) {
      if (offered++ % every !== 0) return;
      entries.push(make());
      if (entries.length < most) return;
      entries = entries.filter((_, i) => i % 2 === 0);
      every *= 2;
    },
  };
}
