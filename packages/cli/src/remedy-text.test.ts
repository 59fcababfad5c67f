import { Remediable, type Remedy } from "@brushwork/backend-node";
import { expect, it } from "vitest";
import { sentenceOf } from "./failure.js";
import { withRemedy } from "./remedy-text.js";

it.each<readonly [Remedy, string]>([
  [
    { kind: "install engine", engine: "native" },
    "Install it with `brushwork engines install native`, or use another engine.",
  ],
  [
    { kind: "install engine", engine: "cuda", instead: "webgpu" },
    "Install it with `brushwork engines install cuda`, or use the engine webgpu, which needs no more than the driver.",
  ],
  [{ kind: "start anew", engine: "native" }, "Start the engine native in a new run: --engine native"],
  [{ kind: "inspect engine", engine: "cuda" }, "`brushwork doctor` shows what is missing."],
  [
    { kind: "name a TensorFlow" },
    "Name a TensorFlow on this machine with --libtensorflow FOLDER, or use another engine.",
  ],
  [
    { kind: "pull weights", network: "vgg19", half: false, again: false },
    "Get them: brushwork weights pull vgg19",
  ],
  [
    { kind: "pull weights", network: "vgg19", half: true, again: true },
    "Get them again: brushwork weights pull vgg19 --half",
  ],
])("a remedy in the command's words: %j", (remedy, text) => {
  expect(withRemedy("There is none.", remedy)).toBe(`There is none. ${text}`);
  expect(sentenceOf(new Remediable("There\nis none.", remedy))).toBe(`There is none. ${text}`);
});

it("a working folder that was deleted is reported in a sentence", () => {
  const error = Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), { syscall: "uv_cwd" });
  expect(sentenceOf(error)).toBe(
    "The working folder was deleted: change to another one, or give whole paths.",
  );
});

it("other errors keep their message", () => {
  expect(sentenceOf(new Error("There is none.\n  Look."))).toBe("There is none. Look.");
  expect(withRemedy("There is none.", undefined)).toBe("There is none.");
});
