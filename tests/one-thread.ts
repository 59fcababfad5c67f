// As many test files run at once as there are cores: an engine of one's own threads would only wait for the others'.

import { syncBuiltinESMExports } from "node:module";
import os, { availableParallelism } from "node:os";

if (availableParallelism() > 1) {
  os.availableParallelism = () => 1;
  syncBuiltinESMExports();
}
