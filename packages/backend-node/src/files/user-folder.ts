import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** What a folder of the user's depends on. */
export interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Absent: the one that the system knows of. */
  readonly home?: string;
}

/** The system knows of no home folder: no HOME is set, and the user is in no list of users, as in some containers. */
export class NoHome extends Error {}

/** Where each platform keeps one kind of a user's files. */
interface Places {
  /** The environment variable that names another folder. */
  readonly variable: string;
  /** Below the user's local application data. */
  readonly windows: readonly string[];
  /** Below the user's Library. */
  readonly mac: readonly string[];
  /** The variable of the XDG specification, what it is by default below the home folder, and what follows either. */
  readonly xdg: {
    readonly variable: string;
    readonly usual: readonly string[];
    readonly below: readonly string[];
  };
}

/**
 * A folder of the user's, which belongs to no project.
 * @throws {NoHome} when it would be in the home folder, and there is none
 */
export function userFolder(
  { variable, windows, mac, xdg }: Places,
  { environment = process.env, platform = process.platform, home }: Surroundings = {},
): string {
  // Asked for last: with a variable set, nobody needs a home folder.
  const inHome = (...names: readonly string[]) => join(home ?? homeFolder(variable), ...names);
  const { isAbsolute, join, resolve } = platform === "win32" ? win32 : posix;
  const chosen = environment[variable];
  if (chosen) return resolve(chosen);
  switch (platform) {
    case "win32":
      return join(environment.LOCALAPPDATA || inHome("AppData", "Local"), ...windows);
    case "darwin":
      return inHome("Library", ...mac);
    default: {
      // The XDG specification has relative paths ignored.
      const base = environment[xdg.variable];
      return join(base && isAbsolute(base) ? base : inHome(...xdg.usual), ...xdg.below);
    }
  }
}

function homeFolder(variable: string): string {
  try {
    return homedir();
  } catch (cause) {
    throw new NoHome(
      `Expected this user to have a home folder, found none. Set HOME, or set ${variable} to a folder.`,
      { cause },
    );
  }
}

/** What an action gives, or undefined where it needs a home folder and there is none. */
export function unlessHomeless<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof NoHome) return undefined;
    throw error;
  }
}
