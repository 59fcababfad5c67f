import { describe, expect, it } from "vitest";
import { enginePackages } from "./engine-packages.js";
import { checkMirrors, tensorflowDownloads } from "./tensorflow-downloads.js";

const google = "https://storage.googleapis.com/";
const { native, cuda } = enginePackages;

it("are those of tfjs-node's own install script, with their hashes", () => {
  expect(tensorflowDownloads(native, {})).toEqual({
    library: {
      source: `${google}tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz`,
      sha256: "7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173",
    },
    binding: { source: `${google}tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz` },
  });
  expect(tensorflowDownloads(cuda, {})).toEqual({
    library: {
      source: `${google}tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz`,
      sha256: "20c46f761d5905f592c4eac0812e8e50d9cb439f9440a9391912cf4c02ed8be8",
    },
    binding: { source: `${google}tf-builds/pre-built-binary/napi-v8/4.22.0/GPU-linux-4.22.0.tar.gz` },
  });
});

describe("mirrors", () => {
  const sources = (environment: Readonly<Record<string, string>>) => {
    const { library, binding } = tensorflowDownloads(native, environment);
    return [library.source, binding.source];
  };

  it("are named by its variables", () => {
    expect(sources({ npm_config_TFJS_NODE_CDN_STORAGE: "https://m/" })).toEqual([
      "https://m/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz",
      "https://m/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz",
    ]);
    expect(sources({ TFJS_NODE_BASE_URI: "https://m/libtensorflow-" })[0]).toBe(
      "https://m/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz",
    );
  });

  it("are safe with https, or where there is none", () => {
    expect(() => checkMirrors({ TFJS_NODE_BASE_URI: "https://m/libtensorflow-" })).not.toThrow();
    expect(() => checkMirrors({})).not.toThrow();
  });

  it("have to give the same library", () => {
    const { library } = tensorflowDownloads(native, { CDN_STORAGE: "https://m/" });
    expect(library.sha256).toBe(native.tensorflow.library);
  });

  it.each(["http://localhost:80/", "http://127.0.0.1/", "http://127.1.2.3:8080/", "http://[::1]:80/"])(
    "may do without https on this machine: %s",
    (address) => {
      expect(() => checkMirrors({ CDN_STORAGE: address })).not.toThrow();
    },
  );

  it.each([
    "http://mirror.example/",
    "http://127.0.0.1.example/",
    "http://localhost.example/",
    "http://localhost@mirror.example/",
    "ftp://mirror.example/",
    "file:/mirror/",
    "mirror.example/",
  ])("are refused without it: %s", (address) => {
    for (const name of [
      "TFJS_NODE_CDN_STORAGE",
      "npm_config_TFJS_NODE_CDN_STORAGE",
      "CDN_STORAGE",
      "TFJS_NODE_BASE_URI",
      "npm_config_TFJS_NODE_BASE_URI",
    ])
      expect(() => checkMirrors({ [name]: address })).toThrow(
        `Expected ${name} to be an address that begins with https://, or of this machine, got "${address}".`,
      );
  });
});
