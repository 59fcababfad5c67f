import { type Surroundings, userFolder } from "../files/user-folder.js";

/** The folder for what can be fetched again: BRUSHWORK_CACHE where it is set, else where the platform wants it. */
export function cacheFolder(surroundings: Surroundings = {}): string {
  const places = {
    variable: "BRUSHWORK_CACHE",
    windows: ["brushwork", "Cache"],
    mac: ["Caches", "brushwork"],
    xdg: { variable: "XDG_CACHE_HOME", usual: [".cache"], below: ["brushwork"] },
  };
  return userFolder(places, surroundings);
}

/**
 * Does something in the cache folder.
 *
 * @throws {Error} in a sentence where the folder or its disk is at fault, else what `action` throws
 */
export function inCache<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  return inFolder({ folder, name: "cache folder", variable: "BRUSHWORK_CACHE" }, action);
}

interface NamedFolder {
  readonly folder: string;
  /** What people call it. */
  readonly name: string;
  /** The environment variable that can name another one. */
  readonly variable: string;
}

/** As `inCache`, in another folder. */
export async function inFolder<Result>(
  { folder, name, variable }: NamedFolder,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    const sentence = explanation(`the ${name} ${folder}`, cause);
    if (sentence === undefined) throw cause;
    throw new Error(`${sentence}, or set ${variable} to another folder.`, { cause });
  }
}

function explanation(folder: string, error: unknown): string | undefined {
  switch (systemCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return `Expected room on the disk of ${folder}, found none left. Free some`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `Expected to be allowed to use ${folder}, but it is protected. Unlock it`;
    case "EEXIST":
    case "ENOTDIR":
      return `Expected ${folder} to be a folder, but a file is in its way. Move the file`;
    default:
      return undefined;
  }
}

/** The operating system's word for it, from the error or from the one that it wraps. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : systemCode(error.cause);
}
