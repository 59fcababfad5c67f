/**
 * What to do after a download's trouble: ask the same source "again" after a pause, ask it "afresh" without what is
 * there already, or go "elsewhere", to the next source.
 */
export type NextAttempt = "again" | "afresh" | "elsewhere";

/** What can go wrong between here and a source, as opposed to the disk or the caller. */
export class Trouble extends Error {
  override readonly name = "Trouble";
  readonly next: NextAttempt;
  /** Milliseconds that the source asks to be left alone. */
  readonly wait: number;

  /** @param message what the source or the connection did: "answered 404 (Not Found)" */
  constructor(
    message: string,
    next: NextAttempt,
    { wait = 0, cause }: { readonly wait?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.next = next;
    this.wait = wait;
  }
}
