/** A picture file format whose files can carry a text beside their pixels. */
export interface Container {
  /** For people: "PNG". */
  readonly name: string;
  /** Whether the file begins as one of this format. */
  recognises(file: Uint8Array): boolean;
  /**
   * The text that `write` put there; undefined where there is none.
   * @throws {Error} when the file is cut off or damaged before the text
   */
  read(file: Uint8Array): string | undefined;
  /**
   * A copy of the file with the text, in place of one that is there already. Every other byte that matters stays.
   * @throws {Error} when the file is cut off or damaged, or cannot hold the text
   */
  write(file: Uint8Array, text: string): Uint8Array<ArrayBuffer>;
}
