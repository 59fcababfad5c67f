import { inspect } from "node:util";
import { CommanderError } from "commander";
import { commandLineError } from "./command-line-error.js";
import { enginesText } from "./engines-command.js";
import { exitCodeOf, sentenceOf } from "./failure.js";
import { listenForInterruption } from "./interruption.js";
import { networksText } from "./networks-command.js";
import { commandLine } from "./options.js";
import { paint } from "./paint-command.js";
import { presetsText } from "./presets-command.js";
import { type Progress, quietProgress } from "./progress.js";
import { progressOfOptions } from "./progress-of-options.js";

/**
 * Does what a command line asks for.
 *
 * @param words after the command's own name
 * @returns the exit code
 */
export async function main(words: readonly string[]): Promise<number> {
  // Nobody may be reading any more; what has to get out, the picture, is written with a check of its own.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const writeError = (text: string) => process.stderr.write(text);
  const print = (text: string) => process.stdout.write(text);
  let progress: Progress = quietProgress(writeError);
  const program = commandLine({
    async paint(content, styles, options) {
      progress = progressOfOptions(options, process, () => performance.now());
      const { signal, release } = listenForInterruption(() =>
        progress.warned("Stopping; Ctrl-C again stops at once."),
      );
      try {
        await paint(content, styles, options, progress, signal);
      } finally {
        release();
      }
    },
    presets: async () => void print(presetsText()),
    networks: async () => void print(await networksText()),
    engines: async () => void print(await enginesText()),
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (thrown) {
    // Help and version were shown.
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? commandLineError(thrown, program) : thrown;
    progress.failed(sentenceOf(error), exitCodeOf(error));
    if (words.includes("--debug")) writeError(`${inspect(error)}\n`);
    return exitCodeOf(error);
  }
}
