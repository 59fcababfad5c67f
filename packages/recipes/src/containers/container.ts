/** A picture file format whose files can carry a text beside their pixels. */
export interface Container {
  /** Name of the format in messages, such as "PNG". */
  readonly name: string;
  /** Whether the file begins like one in this format. */
  recognises(file: Uint8Array): boolean;
  /**
   * The text that `write` stored, or undefined if there is none.
   * @throws {Error} when the file is cut off or damaged before the text
   */
  read(file: Uint8Array): string | undefined;
  /**
   * A copy of the file with the text, instead of any that is there already. Pixels and other metadata stay.
   * @throws {Error} when the file is cut off or damaged, or cannot hold the text
   */
  write(file: Uint8Array, text: string): Uint8Array<ArrayBuffer>;
}
