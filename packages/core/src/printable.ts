/** Characters that a terminal obeys, or that change the order in which a line is read. */
const unprintable = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Longest text of a value that a message repeats. */
const longestShown = 60;

/**
 * A text without characters that a terminal would obey: each is replaced by its escape, such as \u001b. Line feeds and
 * tabs stay.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** A text from outside, for a message: in quotation marks, on one line, cut where it is long. */
export function quoted(text: string): string {
  return printable(JSON.stringify(shortened(text)));
}

/** A value from outside, for a message: on one short line, whatever it is. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) {
    const short = value.length > 0 && value.length <= 8 && value.every((entry) => typeof entry === "number");
    return short ? `[${value.join(", ")}]` : `a list of ${value.length}`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** A text for a message, cut where it is longer than 60 UTF-16 units, but never within a character. */
export function shortened(text: string): string {
  if (text.length <= longestShown) return text;
  return `${text.slice(0, longestShown).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** A UTF-16 unit as JSON escapes it. */
export function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
