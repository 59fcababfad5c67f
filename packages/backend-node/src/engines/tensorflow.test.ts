import { expect, it } from "vitest";
import { explanation } from "./tensorflow.js";

const why = (error: unknown) => explanation(error, "native", "@tensorflow/tfjs-node");

it.each([
  [
    Object.assign(new Error("Cannot find package '@tensorflow/tfjs-node' imported from native.js"), {
      code: "ERR_MODULE_NOT_FOUND",
    }),
    "Expected the package @tensorflow/tfjs-node for the engine native, found none.",
  ],
  [
    new Error(
      "The Node.js native addon module (tfjs_binding.node) can not be found at path: lib/napi-v8. \nPlease run …",
    ),
    "Expected @tensorflow/tfjs-node to have its binding for the engine native, found none.",
  ],
  [
    new Error("libtensorflow.so.2: cannot open shared object file\nRequire stack: …"),
    "The package @tensorflow/tfjs-node did not load for the engine native " +
      "(libtensorflow.so.2: cannot open shared object file).",
  ],
  [
    new Error("/usr/lib/tfjs_binding.node: undefined symbol: TFE_NewContextOptions, version tensorflow"),
    "Expected a TensorFlow that the binding of the engine native was built for, " +
      "got one without the function TFE_NewContextOptions.",
  ],
])("%s is explained in one sentence", (error, sentence) => {
  expect(why(error)).toBe(sentence);
});
