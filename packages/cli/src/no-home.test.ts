import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { main } from "./main.js";

/** As Node does it where no HOME is set and the user is in no list of users. */
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  homedir() {
    throw new Error("A system error occurred: uv_os_homedir returned ENOENT");
  },
}));

let [stdout, stderr] = ["", ""];
beforeEach(() => {
  [stdout, stderr] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  for (const name of ["BRUSHWORK_CACHE", "BRUSHWORK_ENGINES", "XDG_CACHE_HOME", "XDG_DATA_HOME"])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it.each([["--version"], ["--help"], ["presets"], ["networks"], ["losses"]])(
  "a user without a home folder gets %s",
  async (word) => {
    expect(await main([word])).toBe(0);
    expect(stdout).not.toBe("");
    expect(stderr).toBe("");
  },
);

it("and reads what to set for what needs one", async () => {
  const sentence = (variable: string) =>
    `brushwork: Expected this user to have a home folder, found none. Set HOME, or set ${variable} to a folder.\n`;
  expect(await main(["weights", "path", "vgg19"])).toBe(1);
  expect(stderr).toBe(sentence("BRUSHWORK_CACHE"));
  stderr = "";
  expect(await main(["engines", "remove", "webgpu"])).toBe(1);
  expect(stderr).toBe(sentence("BRUSHWORK_ENGINES"));
  vi.stubEnv("BRUSHWORK_CACHE", "/cache");
  expect(await main(["weights", "path", "vgg19"])).toBe(0);
  expect(stdout).toBe("/cache/weights/vgg19.safetensors\n");
});
