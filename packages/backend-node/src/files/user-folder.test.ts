import { afterEach, describe, expect, it, vi } from "vitest";
import { engineFolder } from "../install/engine-folder.js";
import { installedEngines } from "../install/installation.js";
import { entryPoints } from "../install/optional-package.js";
import { cacheFolder } from "../weights/cache.js";
import { weightStore } from "../weights/store.js";
import { NoHome } from "./user-folder.js";

/** As Node does it where no HOME is set and the user is in no list of users. */
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  homedir() {
    throw Object.assign(new Error("A system error occurred: uv_os_homedir returned ENOENT"), {
      code: "ERR_SYSTEM_ERROR",
    });
  },
}));

describe("a user without a home folder", () => {
  afterEach(() => vi.unstubAllEnvs());
  const linux = (environment: Readonly<Record<string, string>>) =>
    ({ platform: "linux", environment }) as const;

  it("gets an error where a folder there is needed, which says what to set", () => {
    expect(() => cacheFolder(linux({}))).toThrow(
      new NoHome(
        "Expected this user to have a home folder, found none. Set HOME, or set BRUSHWORK_CACHE to a folder.",
      ),
    );
    expect(() => engineFolder(linux({}))).toThrow("Set HOME, or set BRUSHWORK_ENGINES to a folder.");
    expect(() => cacheFolder({ platform: "darwin", environment: {} })).toThrow(NoHome);
    expect(() => cacheFolder({ platform: "win32", environment: {} })).toThrow(NoHome);
  });

  it("needs none where a variable names the folder", () => {
    expect(cacheFolder(linux({ BRUSHWORK_CACHE: "/cache" }))).toBe("/cache");
    expect(cacheFolder(linux({ XDG_CACHE_HOME: "/cache" }))).toBe("/cache/brushwork");
    expect(engineFolder(linux({ XDG_DATA_HOME: "/data" }))).toBe("/data/brushwork/engines");
    expect(cacheFolder({ platform: "win32", environment: { LOCALAPPDATA: "C:\\Local" } })).toBe(
      "C:\\Local\\brushwork\\Cache",
    );
  });

  it("has no weights and no engines, and gets a sentence for what would write some", async () => {
    for (const name of ["BRUSHWORK_CACHE", "BRUSHWORK_ENGINES", "XDG_CACHE_HOME", "XDG_DATA_HOME"])
      vi.stubEnv(name, undefined);
    const store = weightStore();
    expect(store.names).toContain("vgg19");
    expect(await store.has("vgg19")).toBe(false);
    expect(await installedEngines()).toEqual([]);
    expect(entryPoints("webgpu").length).toBeLessThanOrEqual(1);
    await expect(store.pull("vgg19")).rejects.toThrow("Expected this user to have a home folder");
    await expect(store.load("vgg19")).rejects.toThrow(NoHome);
  });
});
