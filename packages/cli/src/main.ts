import { inspect } from "node:util";
import type { WeightStore } from "@brushwork/backend-node";
import { pullableNetworks } from "@brushwork/backend-node/names";
import { printable } from "@brushwork/core/reading";
import { type Command, CommanderError } from "commander";
import { commandLineError, commandOf, helpWords, namesBelow } from "./command-line-error.js";
import { addBatchCommand } from "./commands/batch-options.js";
import { addEnginesInstallCommands } from "./commands/engines-install-options.js";
import { addRebuildCommands } from "./commands/rebuild-options.js";
import { addResumeCommand } from "./commands/resume-options.js";
import { addServeCommand } from "./commands/serve-options.js";
import { addSweepCommand } from "./commands/sweep-options.js";
import { addVideoCommand } from "./commands/video-options.js";
import { addWeightsCommands } from "./commands/weights-options.js";
import { addQueueCommands } from "./commands/work-options.js";
import { crashOf, exitCodeOf, Failure, sentenceOf, UsageError } from "./failure.js";
import { checkMeant, manyContentsText } from "./files/meant-inputs.js";
import { openPicture } from "./files/open-picture.js";
import type { OutputOptions } from "./files/outputs.js";
import { applySettings, environmentSettings, noSettings, readSettings } from "./files/settings-file.js";
import { checkShow, type ShowOptions } from "./files/show-options.js";
import { flushed, standardOutputFailure, streamName } from "./files/standard-streams.js";
import { checkFlagsOfOthers } from "./flags-of-others.js";
import { interruptible } from "./interruption.js";
import { commandLine } from "./options.js";
import type { Progress } from "./reports/progress.js";
import { progressOfOptions, progressOfWords, type ReportOptions } from "./reports/progress-of-options.js";

/** The commands, each loaded when it is called: help and version need neither TensorFlow.js nor sharp. */
const load = {
  batch: () => import("./commands/batch-command.js"),
  completion: () => import("./commands/completion.js"),
  doctor: () => import("./commands/doctor-command.js"),
  engines: () => import("./commands/engines-command.js"),
  install: () => import("./commands/engines-install-command.js"),
  losses: () => import("./commands/losses-command.js"),
  manPage: () => import("./commands/man-page.js"),
  networks: () => import("./commands/networks-command.js"),
  paint: () => import("./commands/paint-command.js"),
  presets: () => import("./commands/presets-command.js"),
  queue: () => import("./commands/queue-command.js"),
  rebuild: () => import("./commands/rebuild-command.js"),
  painter: () => import("./painting/paint-orders.js"),
  resume: () => import("./commands/resume-command.js"),
  serve: () => import("./commands/serve-command.js"),
  show: () => import("./files/show-picture.js"),
  store: async () => (await import("@brushwork/backend-node")).weightStore(),
  sweep: () => import("./commands/sweep-command.js"),
  trials: () => import("./commands/engine-trials.js"),
  video: () => import("./commands/video-command.js"),
  weights: () => import("./commands/weights-command.js"),
  work: () => import("./commands/work-command.js"),
};

const now = () => performance.now();
const ignore = () => {};

/**
 * Does what a command line asks for.
 *
 * @param words after the command's own name
 * @param options `store`: what the command `weights` is about; absent: the user's
 * @returns the exit code
 */
export async function main(
  words: readonly string[],
  { store: given }: { readonly store?: WeightStore } = {},
): Promise<number> {
  let outputFailure: NodeJS.ErrnoException | undefined;
  const onOutputError = (error: NodeJS.ErrnoException) => {
    // Nobody may be reading any more; what has to get out, the picture, is written with a check of its own.
    if (error.code !== "EPIPE") outputFailure ??= error;
  };
  process.stdout.on("error", onOutputError);
  process.stderr.off("error", ignore).on("error", ignore);
  const writeError = (text: string) => process.stderr.write(text);
  const print = (text: string) => process.stdout.write(text);
  /** For people, or programs that read JSON; not for a path, which has to stay as it is. */
  const printText = (text: string) => void print(printable(text));
  let progress: Progress = progressOfWords(words, process);
  /** Reports what went wrong, and returns the exit code. */
  const failed = (error: unknown): number => {
    progress.failed(sentenceOf(error), exitCodeOf(error));
    if (words.includes("--debug")) writeError(printable(`${inspect(error)}\n`));
    return exitCodeOf(error);
  };
  const endNow = async (error: unknown) => {
    const code = failed(error);
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    process.exit(code);
  };
  /** Aborted by an error that nothing caught, which also a rejection is. */
  const crash = new AbortController();
  /** What is set outside the command line, in words. */
  let settings: string | undefined;
  /** Whether there is something to lose if the process ends without being asked to stop. */
  let underWay = false;
  const onCrash = (error: unknown) => {
    if (!underWay || crash.signal.aborted) void endNow(crashOf(error));
    else crash.abort(crashOf(error));
  };
  /** Nothing is left to wait for, and yet the work has not ended. */
  const onNothingLeft = () =>
    void endNow(crash.signal.reason ?? new Failure("Something failed unexpectedly: the work never ended."));
  /** Paints, with the reports that the options ask for. */
  const painting = async (
    options: OutputOptions &
      ReportOptions &
      ShowOptions & { readonly dryRun?: boolean; readonly open?: boolean },
    act: (signal: AbortSignal) => Promise<void>,
  ) => {
    const reports = progressOfOptions(options, process, now);
    let painted: string | undefined;
    progress = {
      ...reports,
      started(run) {
        underWay = true;
        reports.started(run);
      },
      saved(file) {
        if (file.step !== undefined) painted = file.path;
        reports.saved(file);
      },
    };
    if (options.open && options.output === streamName)
      throw new UsageError("Expected a file for --open, got the standard output: name one with -o.");
    checkShow(options);
    if (settings !== undefined && (options.debug || options.dryRun)) progress.warned(settings);
    await interruptible(
      "Stopped before the first step: there is no picture yet.",
      () => progress.warned("Stopping; Ctrl-C again stops at once."),
      (signal) => act(AbortSignal.any([signal, crash.signal])),
    );
    if (painted === undefined) return;
    const failures = [
      options.show && (await (await load.show()).showPicture(painted, options.show, process)),
      options.open && (await openPicture(painted)),
    ];
    for (const failure of failures) if (failure) progress.warned(failure);
  };
  /** Downloads or installs, with the reports that the options ask for. */
  const fetching = (
    options: ReportOptions,
    sentence: string,
    act: (signal: AbortSignal) => Promise<void>,
  ) => {
    progress = progressOfOptions(options, process, now);
    underWay = true;
    return interruptible(
      sentence,
      () => {},
      (signal) => act(AbortSignal.any([signal, crash.signal])),
    );
  };
  const store = async () => given ?? load.store();
  const program = commandLine({
    paint: (content, styles, options) =>
      painting(options, async (signal) => {
        const commands = namesBelow(program);
        checkMeant([content, ...styles], { commands, hasOutput: options.output !== undefined });
        const notice = manyContentsText(content, styles);
        if (notice !== undefined) progress.warned(notice);
        const { paint } = await load.paint();
        await paint(content, styles, options, progress, signal);
      }),
    presets: async (options) => printText((await load.presets()).presetsText(options)),
    networks: async (options) => {
      const { networksText } = await load.networks();
      printText(await networksText(await store(), options));
    },
    losses: async (names, options) => printText(await (await load.losses()).lossesText(names, options)),
    engines: async (options) => printText(await (await load.engines()).enginesText(options)),
    doctor: async (options) => (await load.doctor()).doctor(options, printText),
    completion: async (shell) => void print((await load.completion()).completionScript(program, shell)),
    manPage: async () => void print((await load.manPage()).manPage(program)),
    tryEngine: async (name, seconds) => void print(await (await load.trials()).trialText(name, seconds)),
  });
  addResumeCommand(program, {
    resume: (path, pictures, options) =>
      painting(options, async (signal) => {
        const { resume } = await load.resume();
        await resume(path, pictures, options, progress, signal);
      }),
  });
  addBatchCommand(program, {
    batch: (pictures, options) =>
      painting(options, async (signal) => {
        const { batch } = await load.batch();
        await batch(pictures, options, progress, signal);
      }),
  });
  addSweepCommand(program, {
    sweep: (content, styles, options) =>
      painting(options, async (signal) => {
        const { sweep } = await load.sweep();
        await sweep(content, styles, options, progress, signal);
      }),
  });
  addVideoCommand(program, {
    video: (film, styles, options) =>
      painting(options, async (signal) => {
        const { video } = await load.video();
        await video(film, styles, options, progress, signal);
      }),
  });
  addRebuildCommands(program, {
    reconstruct: (image, options) =>
      painting(options, async (signal) => {
        const { reconstruct } = await load.rebuild();
        await reconstruct(image, options, progress, signal);
      }),
    texture: (style, options) =>
      painting(options, async (signal) => {
        const { texture } = await load.rebuild();
        await texture(style, options, progress, signal);
      }),
  });
  addServeCommand(program, {
    serve: (options) => {
      underWay = true;
      return interruptible(
        "Stopped.",
        () => writeError("brushwork: Stopping; Ctrl-C again stops at once.\n"),
        async (signal) => {
          const { serve } = await load.serve();
          await serve(options, printText, AbortSignal.any([signal, crash.signal]));
        },
      );
    },
    paintOrders: async () => (await load.painter()).paintOrders(),
  });
  addQueueCommands(program, {
    work: (options) => {
      progress = progressOfOptions(options, process, now);
      underWay = true;
      return interruptible(
        "Stopped.",
        () =>
          writeError(
            "brushwork: Stopping; what is being painted is given back. Ctrl-C again stops at once.\n",
          ),
        async (signal) => {
          const { work } = await load.work();
          await work(options, printText, AbortSignal.any([signal, crash.signal]));
        },
      );
    },
    status: async (options) => printText(await (await load.queue()).queueStatusText(options)),
    change: async (action, ids, options) =>
      printText(await (await load.queue()).changedText(action, ids, options)),
  });
  const engines = program.commands.find((command) => command.name() === "engines");
  if (engines !== undefined)
    addEnginesInstallCommands(engines, {
      install: (name, options) =>
        fetching(
          options,
          "Stopped; nothing was installed, and the next attempt goes on with what was downloaded.",
          async (signal) => {
            const { install } = await load.install();
            await install(name, options, progress, signal);
          },
        ),
      remove: async (name) => printText(await (await load.install()).removedEngineText(name)),
    });
  addWeightsCommands(program, given?.names ?? pullableNetworks, {
    list: async (options) => {
      const { weightsText } = await load.weights();
      printText(await weightsText(await store(), options));
    },
    pull: (name, options) =>
      fetching(options, "Stopped; the next pull goes on where this one stopped.", async (signal) => {
        const { pullWeights } = await load.weights();
        await pullWeights(await store(), name, options, progress, signal);
      }),
    verify: async (name) => {
      const { verifiedText } = await load.weights();
      printText(await verifiedText(await store(), name));
    },
    remove: async (name) => {
      const { removedText } = await load.weights();
      printText(await removedText(await store(), name));
    },
    path: async (name) => {
      const { pathText } = await load.weights();
      print(pathText(await store(), name));
    },
  });
  program.hook("preAction", async (_, command) => {
    if (!command.options.some(({ long }) => long === noSettings)) return;
    const file = command.getOptionValue("config") === false ? undefined : await readSettings(".");
    settings = applySettings(command, program, [
      ...environmentSettings(process.env),
      ...(file ? [file] : []),
    ]);
  });
  process.on("uncaughtException", onCrash).on("beforeExit", onNothingLeft);
  try {
    await parsed(program, words);
    crash.signal.throwIfAborted();
    await flushed(process.stdout);
    if (outputFailure !== undefined) throw standardOutputFailure(outputFailure);
    return 0;
  } catch (thrown) {
    return failed(
      thrown instanceof CommanderError ? commandLineError(thrown, commandOf(program, words)) : thrown,
    );
  } finally {
    process.off("uncaughtException", onCrash).off("beforeExit", onNothingLeft);
    process.stdout.off("error", onOutputError).off("error", ignore).on("error", ignore);
  }
}

async function parsed(program: Command, words: readonly string[]): Promise<void> {
  checkFlagsOfOthers(words);
  try {
    await program.parseAsync(words[0] === "help" ? helpWords(program, words.slice(1)) : words, {
      from: "user",
    });
  } catch (thrown) {
    // Help and version were shown.
    if (!(thrown instanceof CommanderError) || thrown.exitCode !== 0) throw thrown;
  }
}
