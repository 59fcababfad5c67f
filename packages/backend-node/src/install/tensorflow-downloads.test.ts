import { expect, it } from "vitest";
import { enginePackages } from "./engine-packages.js";
import { tensorflowDownloads } from "./tensorflow-downloads.js";

const google = "https://storage.googleapis.com/";

it("are those of tfjs-node's own install script", () => {
  expect(tensorflowDownloads(enginePackages.native, {})).toEqual({
    library: `${google}tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz`,
    binding: `${google}tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz`,
  });
  expect(tensorflowDownloads(enginePackages.cuda, {})).toEqual({
    library: `${google}tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz`,
    binding: `${google}tf-builds/pre-built-binary/napi-v8/4.22.0/GPU-linux-4.22.0.tar.gz`,
  });
});

it("come from the mirrors that its variables name", () => {
  expect(
    tensorflowDownloads(enginePackages.native, { npm_config_TFJS_NODE_CDN_STORAGE: "https://m/" }),
  ).toEqual({
    library: "https://m/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz",
    binding: "https://m/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz",
  });
  expect(
    tensorflowDownloads(enginePackages.native, { TFJS_NODE_BASE_URI: "https://m/libtensorflow-" }).library,
  ).toBe("https://m/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz");
});
