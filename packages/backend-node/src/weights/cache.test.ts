import { describe, expect, it } from "vitest";
import { cacheFolder, inCache } from "./cache.js";

describe("cacheFolder", () => {
  it.each([
    ["Linux", { platform: "linux", environment: {} }, "/home/ann/.cache/brushwork"],
    [
      "Linux, moved",
      { platform: "linux", environment: { XDG_CACHE_HOME: "/scratch" } },
      "/scratch/brushwork",
    ],
    [
      "Linux, moved to a relative path, which XDG has ignored",
      { platform: "linux", environment: { XDG_CACHE_HOME: "scratch" } },
      "/home/ann/.cache/brushwork",
    ],
    [
      "macOS, where XDG means nothing",
      { platform: "darwin", environment: { XDG_CACHE_HOME: "/scratch" } },
      "/home/ann/Library/Caches/brushwork",
    ],
    ["any, by BRUSHWORK_CACHE", { platform: "darwin", environment: { BRUSHWORK_CACHE: "/here" } }, "/here"],
    [
      "any, with an empty BRUSHWORK_CACHE",
      { platform: "linux", environment: { BRUSHWORK_CACHE: "" } },
      "/home/ann/.cache/brushwork",
    ],
  ] as const)("is the platform's: %s", (_, surroundings, folder) => {
    expect(cacheFolder({ ...surroundings, home: "/home/ann" })).toBe(folder);
  });

  it("is the platform's: Windows", () => {
    const ann = { platform: "win32", home: "C:\\Users\\ann" } as const;
    expect(cacheFolder({ ...ann, environment: { LOCALAPPDATA: "D:\\Local" } })).toBe(
      "D:\\Local\\brushwork\\Cache",
    );
    expect(cacheFolder({ ...ann, environment: {} })).toBe("C:\\Users\\ann\\AppData\\Local\\brushwork\\Cache");
  });
});

describe("inCache", () => {
  it.each([
    ["ENOSPC", "Expected room on the disk of the cache folder /c, found none left. Free some, or"],
    ["EROFS", "Expected to be allowed to use the cache folder /c, but it is protected. Unlock it, or"],
    ["ENOTDIR", "Expected the cache folder /c to be a folder, but a file is in its way. Move the file, or"],
  ])("says what %s means and what to do", async (code, sentence) => {
    const error = new Error("write failed", { cause: Object.assign(new Error(code), { code }) });
    await expect(inCache("/c", () => Promise.reject(error))).rejects.toMatchObject({
      message: `${sentence} set BRUSHWORK_CACHE to another folder.`,
      cause: error,
    });
  });

  it("leaves other errors as they are", async () => {
    const error = new DOMException("stop", "AbortError");
    await expect(inCache("/c", () => Promise.reject(error))).rejects.toBe(error);
  });
});
