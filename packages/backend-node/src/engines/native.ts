import { availableMemory } from "./available-memory.js";
import { tensorflow } from "./tensorflow.js";

/** TensorFlow on the CPU, through @tensorflow/tfjs-node. */
export const native = tensorflow({
  name: "native",
  packageName: "@tensorflow/tfjs-node",
  options: ["threads", "precision"],
  async hardware({ threads, precision }) {
    const parts = ["CPU", `${threads} ${threads === 1 ? "thread" : "threads"}`];
    if (precision === "fast") parts.push("fast precision");
    return { description: parts.join(", "), memoryBytes: availableMemory() };
  },
});
