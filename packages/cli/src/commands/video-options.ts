import { type Command, Option } from "commander";
import { above, weight, whole, wholes } from "../option-values.js";
import { sharedOption, sharedOptions, singlePictureOptions } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { VideoOptions } from "./video-command.js";

/** What the command can be asked for. */
export interface VideoCommands {
  video(film: string, styles: readonly string[], options: VideoOptions & ReportOptions): Promise<void>;
}

/** The options that are about single pictures. */
const ofOnePicture = [...singlePictureOptions, "--format", "--quality", "--strip", "--content-mask"];

const help = `
The first frame of each scene is painted as a photograph is; every other one starts from the frame before, moved along
with the film, and is held to it wherever that shows the same thing. Needs ffmpeg and ffprobe on the path. The film keeps
its sound, frame rate and length; frames are upright.

The painted frames are kept in OUT.frames until the film is written: a command that was stopped goes on with them.

Examples:
  brushwork video clip.mov starry.jpg -o night.mp4 --size 480
  brushwork video clip.mov starry.jpg --dry-run
      how many frames and scenes there are, and about how long it takes`;

/** Adds the command to the main one. */
export function addVideoCommand(program: Command, { video }: VideoCommands): void {
  const command = program
    .command("video")
    .description("paint a film, frame by frame, without flicker")
    .usage("FILM STYLE... [-o OUT] [options]")
    .argument("<film>")
    .argument("<style...>")
    .addOption(sharedOption("--output", "a .mp4 or .webm file (default: FILM-STYLE.mp4)"));
  const own: readonly (readonly [
    flags: string,
    description: string,
    read: (flag: string, text: string) => unknown,
  ])[] = [
    [
      "--frame-steps <N>",
      "steps of every frame but the first of a scene (default: as many as that has at full size, at least 20 unless --steps says fewer)",
      whole(1),
    ],
    [
      "--temporal-weight <X>",
      "how closely a frame keeps to the one before: 0 flickers (default: 200)",
      weight,
    ],
    [
      "--long-term <N,N…>",
      "how many frames back those lie that a frame keeps to; 1,5,10 brings back what was hidden for a while as it was (default: 1)",
      wholes(1, 1000),
    ],
    [
      "--frame-rate <X>",
      "frames a second, fewer than the film's to be faster (default: the film's)",
      above(0, 240),
    ],
  ];
  for (const [flags, description, read] of own) {
    const option = new Option(flags, description).helpGroup("Film:");
    command.addOption(option.argParser((text) => read(option.long ?? flags, text)));
  }
  for (const name of sharedOptions.filter((long) => !ofOnePicture.includes(long)))
    command.addOption(sharedOption(name));
  command
    // Commander makes it true where nobody said so.
    .setOptionValue("defaultLosses", undefined)
    .addHelpText("after", help)
    .action((film: string, styles: string[], options: VideoOptions & ReportOptions) =>
      video(film, styles, options),
    );
}
