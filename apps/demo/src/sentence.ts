/** An error's message for the visitor. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error && error.message !== ""
    ? error.message
    : "Something went wrong. Reload the page.";
}
