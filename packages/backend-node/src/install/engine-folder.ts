import { type Surroundings, userFolder } from "../files/user-folder.js";

/**
 * The folder for engines that were installed: BRUSHWORK_ENGINES where it is set, else where the platform keeps a user's
 * data. It belongs to no project, so that it survives `npx` and a reinstall.
 */
export function engineFolder(surroundings: Surroundings = {}): string {
  const places = {
    variable: "BRUSHWORK_ENGINES",
    windows: ["brushwork", "engines"],
    mac: ["Application Support", "brushwork", "engines"],
    xdg: { variable: "XDG_DATA_HOME", usual: [".local", "share"], below: ["brushwork", "engines"] },
  };
  return userFolder(places, surroundings);
}
