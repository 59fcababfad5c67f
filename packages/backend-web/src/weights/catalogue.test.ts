import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readSafetensors } from "@brushwork/networks";
import { expect, it } from "vitest";
import { weightCatalogue } from "./catalogue.js";
import { bytesOf } from "./safetensors-header.js";

const { vgg19 } = weightCatalogue;
const real = new URL("../../../../../shared/networks/vgg19-blocks1-3.safetensors", import.meta.url);
const absent = !existsSync(real);

it("holds VGG-19 as far as conv5_1", () => {
  const names = Object.keys(vgg19?.arrays ?? {});
  expect(names.length).toBe(26);
  expect(names.slice(0, 2)).toEqual(["conv1_1/kernel", "conv1_1/bias"]);
  expect(vgg19?.arrays).toMatchObject({
    "conv2_1/kernel": [3, 3, 64, 128],
    "conv5_1/kernel": [3, 3, 512, 512],
  });
  expect(names.at(-1)).toBe("conv5_1/bias");
  // 12,944,960 numbers: 38,720 in block 1, 221,440 in block 2, 2,065,408 in block 3, 8,259,584 in block 4, 2,359,808.
  expect(bytesOf(vgg19?.arrays ?? {})).toBe(51_779_840);
});

it("cuts a convolution's kernel and bias into shards of 4 MiB", () => {
  const shards = Object.keys(vgg19?.shards ?? {});
  // Blocks 1 to 3 fit one each. conv4_1's 4,720,640 bytes take two, 9,439,232 of each one after it three.
  expect(shards.length).toBe(8 + 2 + 4 * 3);
  expect(shards.filter((path) => path.startsWith("group9-")).length).toBe(2);
});

it.skipIf(absent)(
  `names the hashes of the real weights' first shards${absent ? " (skipped: ../shared is not there)" : ""}`,
  () => {
    const weights = readSafetensors(readFileSync(real));
    const bytes = (name: string) => Buffer.from(weights[name]?.data.buffer ?? new ArrayBuffer(0));
    const hashes = Object.values(vgg19?.shards ?? {});
    const names = Object.keys(weights)
      .filter((name) => name.endsWith("/kernel"))
      .sort();
    expect(names.length).toBe(8);
    names.forEach((kernel, i) => {
      const content = Buffer.concat([bytes(kernel), bytes(kernel.replace("kernel", "bias"))]);
      const hash = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
      expect(hash, kernel).toBe(hashes[i]);
    });
  },
);
