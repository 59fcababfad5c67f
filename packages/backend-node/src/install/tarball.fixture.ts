import { gzipSync } from "node:zlib";

export interface Entry {
  readonly path: string;
  /** Content of a file. */
  readonly text?: string;
  /** What a symbolic link points to. */
  readonly link?: string;
  /** What a hard link points to. */
  readonly hardLink?: string;
  /** Permission bits, with set-uid and its like. */
  readonly mode?: number;
  /** Size that the archive claims. @default the text's */
  readonly size?: number;
}

/** For tests: an archive as POSIX writes it, bad paths and all, which no library would write. */
export function tarball(entries: readonly Entry[]): Uint8Array {
  const blocks = entries.flatMap(({ path, text = "", link, hardLink, mode = 0o755, size }) => {
    const content = Buffer.from(text);
    const head = Buffer.alloc(512);
    head.write(path, 0);
    head.write(octal(mode).slice(4), 100);
    head.write(octal(size ?? content.length), 124);
    head.write(octal(0), 136);
    head.write("        ", 148);
    head.write(link !== undefined ? "2" : hardLink !== undefined ? "1" : "0", 156);
    head.write(link ?? hardLink ?? "", 157);
    head.write("ustar\u000000", 257);
    head.write(octal(head.reduce((sum, byte) => sum + byte)).slice(5), 148);
    return [head, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** Eleven digits and the end. */
function octal(value: number): string {
  return `${value.toString(8).padStart(11, "0")}\0`;
}
