import "./probes.js";
import "../dist/default-worker.js";
