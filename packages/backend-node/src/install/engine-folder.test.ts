import { expect, it } from "vitest";
import { engineFolder } from "./engine-folder.js";

const home = "/home/ada";

it.each([
  ["linux", {}, "/home/ada/.local/share/brushwork/engines"],
  ["linux", { XDG_DATA_HOME: "/data" }, "/data/brushwork/engines"],
  ["linux", { XDG_DATA_HOME: "data" }, "/home/ada/.local/share/brushwork/engines"],
  ["darwin", { XDG_DATA_HOME: "/data" }, "/home/ada/Library/Application Support/brushwork/engines"],
  ["linux", { BRUSHWORK_ENGINES: "/mnt/engines", XDG_DATA_HOME: "/data" }, "/mnt/engines"],
] as const)("on %s with %j", (platform, environment, folder) => {
  expect(engineFolder({ platform, environment, home })).toBe(folder);
});

it("on Windows, beside other programs' data", () => {
  expect(
    engineFolder({ platform: "win32", environment: { LOCALAPPDATA: "C:\\Local" }, home: "C:\\Users\\Ada" }),
  ).toBe("C:\\Local\\brushwork\\engines");
});
