import { readFile } from "node:fs/promises";

/**
 * A file's bytes.
 *
 * @param what the file should be, for the error: "a picture"
 * @throws {Error} when it cannot be read, with the reason
 */
export async function readBytes(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`Expected ${path} to be ${what}, but ${reason(cause, path)}.`, { cause });
  }
}

function reason(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return /^[a-z]{2,}:\/\//i.test(path)
        ? "there is no such file: addresses are not read, download it first"
        : "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
    case "EPERM":
      return "you are not allowed to read it";
    default:
      return `it cannot be read (${message})`;
  }
}
