import { spawn } from "node:child_process";
import { messageOf } from "@brushwork/core/errors";

/** What opens a file with the program that the user has chosen for it. */
const openers: Partial<Readonly<Record<NodeJS.Platform, string>>> = { darwin: "open", win32: "explorer.exe" };

/**
 * Opens a picture in the system's viewer, which outlives this process.
 * @returns why it cannot be opened, in a sentence; undefined where it was handed on
 */
export function openPicture(path: string, platform = process.platform): Promise<string | undefined> {
  const opener = openers[platform] ?? "xdg-open";
  return new Promise((resolve) => {
    const child = spawn(opener, [path], { detached: true, stdio: "ignore" });
    child.once("spawn", () => {
      child.unref();
      resolve(undefined);
    });
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        `The picture cannot be shown: ${error.code === "ENOENT" ? `there is no ${opener} here` : messageOf(error)}.`,
      ),
    );
  });
}
