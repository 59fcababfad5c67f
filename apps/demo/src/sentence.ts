/** What an error says to whoever looks at the page. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error && error.message !== ""
    ? error.message
    : "Something went wrong: load the page again.";
}
