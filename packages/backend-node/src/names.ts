/** What programs name, for command lines and menus: it needs neither TensorFlow.js nor sharp. */
import { weightCatalogue } from "./weights/catalogue.js";

export { type NetworkName, networkNames } from "@brushwork/networks/published";
export { precisions } from "./engines/engine-entry.js";
export { type EngineName, engineNames } from "./engines/engine-names.js";
export { type InstallableEngine, installableEngines } from "./install/engine-packages.js";
export { formatOf, type PictureFormat, pictureFormats } from "./pictures/picture-format.js";
export { Remediable } from "./remediable.js";

/** The networks whose weights can be pulled. */
export const pullableNetworks: readonly string[] = Object.keys(weightCatalogue);
