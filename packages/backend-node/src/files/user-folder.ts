import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** What a folder of the user's depends on. */
export interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

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

/** A folder of the user's, which belongs to no project. */
export function userFolder(
  { variable, windows, mac, xdg }: Places,
  { environment = process.env, platform = process.platform, home = homedir() }: Surroundings = {},
): string {
  const { isAbsolute, join, resolve } = platform === "win32" ? win32 : posix;
  const chosen = environment[variable];
  if (chosen) return resolve(chosen);
  switch (platform) {
    case "win32":
      return join(environment.LOCALAPPDATA || join(home, "AppData", "Local"), ...windows);
    case "darwin":
      return join(home, "Library", ...mac);
    default: {
      // The XDG specification has relative paths ignored.
      const base = environment[xdg.variable];
      return join(base && isAbsolute(base) ? base : join(home, ...xdg.usual), ...xdg.below);
    }
  }
}
