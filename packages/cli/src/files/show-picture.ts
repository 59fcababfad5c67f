import { readPicture } from "@brushwork/backend-node";
import { sentenceOf } from "../failure.js";
import type { TerminalKind } from "../terminal-kinds.js";
import type { ShowOptions } from "./show-options.js";
import { terminalPicture } from "./terminal-picture.js";

/** The part of a process that a terminal is recognised by. */
export interface Terminal {
  readonly stdout: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows" | "write" | "getColorDepth">;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Shows a picture's file in the terminal.
 * @returns why it cannot be shown, in a sentence; undefined where it is
 */
export async function showPicture(
  path: string,
  show: NonNullable<ShowOptions["show"]>,
  { stdout, env }: Terminal,
): Promise<string | undefined> {
  if (!stdout.isTTY) return "The picture is not shown: standard output is not a terminal.";
  const kind = show === "auto" ? kindOfTerminal(env) : show;
  const colorDepth = stdout.getColorDepth(env);
  if (kind === "blocks" && colorDepth < 8)
    return "The picture is not shown: the terminal has too few colours: choose a method, such as --show sixel.";
  try {
    // Twice as large as any terminal shows it.
    const picture = await readPicture(path, { longest: 4096 });
    const { columns = 80, rows = 24 } = stdout;
    stdout.write(await terminalPicture(picture, kind, { columns, rows, colorDepth }));
    return undefined;
  } catch (error) {
    return `The picture cannot be shown. ${sentenceOf(error)}`;
  }
}

/** How a terminal shows pictures, by what it says of itself in the environment. */
export function kindOfTerminal(env: Terminal["env"]): TerminalKind {
  const { TERM = "", KONSOLE_VERSION = "0" } = env;
  // They keep what they do not know from the terminal, whose variables they inherit.
  if (env.TMUX !== undefined || /^(screen|tmux)/.test(TERM)) return "blocks";
  const program = (env.TERM_PROGRAM ?? env.LC_TERMINAL ?? "").toLowerCase();
  if (env.KITTY_WINDOW_ID !== undefined || /kitty|ghostty/.test(`${program} ${TERM}`)) return "kitty";
  if (withInlineImages.includes(program)) return "iterm2";
  const konsoleWithPictures = 220_400;
  const isSixel =
    Number(KONSOLE_VERSION) >= konsoleWithPictures ||
    // Windows Terminal.
    env.WT_SESSION !== undefined ||
    /^(foot|mlterm|contour|yaft)|sixel/.test(TERM);
  return isSixel ? "sixel" : "blocks";
}

/** Programs that know iTerm2's protocol. */
const withInlineImages: readonly string[] = [
  "iterm.app",
  "iterm2",
  "wezterm",
  "vscode",
  "mintty",
  "rio",
  "warpterminal",
];
