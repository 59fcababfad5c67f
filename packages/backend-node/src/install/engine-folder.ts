import { homedir } from "node:os";
import { posix, win32 } from "node:path";

interface Surroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * The folder for engines that were installed: BRUSHWORK_ENGINES where it is set, else where the platform keeps a user's
 * data. It belongs to no project, so that it survives `npx` and a reinstall.
 */
export function engineFolder({
  environment = process.env,
  platform = process.platform,
  home = homedir(),
}: Surroundings = {}): string {
  const { isAbsolute, join, resolve } = platform === "win32" ? win32 : posix;
  const { BRUSHWORK_ENGINES, LOCALAPPDATA, XDG_DATA_HOME } = environment;
  if (BRUSHWORK_ENGINES) return resolve(BRUSHWORK_ENGINES);
  switch (platform) {
    case "win32":
      return join(LOCALAPPDATA || join(home, "AppData", "Local"), "brushwork", "engines");
    case "darwin":
      return join(home, "Library", "Application Support", "brushwork", "engines");
    default:
      // The XDG specification has relative paths ignored.
      return join(
        XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(home, ".local", "share"),
        "brushwork",
        "engines",
      );
  }
}
