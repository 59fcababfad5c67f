import { shown } from "@brushwork/core/reading";
import { readKerasHdf5 } from "./keras-hdf5.js";
import { readLayersModel, type ShardReader } from "./layers-model.js";
import { type NamedArrays, readSafetensors } from "./safetensors.js";
import { isOfChain } from "./weight-names.js";

/**
 * Reads a weight file in any known format, recognised by its content: safetensors, HDF5 by Keras, or the model.json of
 * a TensorFlow.js model. It does not need Node: the bytes may come from a disk, the web or a file that a user picked.
 *
 * Arrays keep their names: `vgg19` and `vgg16` know ours, Keras's and torchvision's. Anything but convolutions, such as
 * fully connected layers, is left out.
 *
 * @param file the whole file
 * @param options `shard` fetches the other files of a TensorFlow.js model, by their paths relative to its model.json
 * @throws {TypeError} when `file` is not a Uint8Array, or `shard` is needed and absent
 * @throws {RangeError} when the file is damaged, in another format, or holds no convolution
 */
export async function readWeights(
  file: Uint8Array,
  { shard }: { readonly shard?: ShardReader } = {},
): Promise<NamedArrays> {
  if (!ArrayBuffer.isView(file))
    throw new TypeError(
      "Expected a weight file as a Uint8Array, got something else: wrap an ArrayBuffer in one.",
    );
  const arrays = await read(file, shard);
  if (!Object.keys(arrays).some(isOfChain))
    throw new RangeError(
      "Expected a weight file with arrays such as conv1_1/kernel, block1_conv1/kernel or features.0.weight, " +
        "got none: it is of another network, or its names were changed.",
    );
  return arrays;
}

function read(file: Uint8Array, shard: ShardReader | undefined): NamedArrays | Promise<NamedArrays> {
  const start = String.fromCharCode(...file.subarray(0, 1024));
  if (start.startsWith("\x89HDF\r\n\x1a\n")) return readKerasHdf5(file);
  // A safetensors file begins with a length, which has zero bytes; text has none.
  if (start.trimStart().startsWith("{") && !start.slice(0, 8).includes("\0")) {
    if (shard === undefined)
      throw new TypeError(
        "Expected a way to read the shards of a TensorFlow.js model, got none: give readWeights its option shard.",
      );
    return readLayersModel(file, shard);
  }
  if (start[8] === "{") return readSafetensors(file, { wanted: isOfChain });
  // PyTorch's archives are zip files that contain a pickle; older ones are pickles themselves.
  const [first, protocol = 0] = file;
  if (start.startsWith("PK\x03\x04") && start.includes(".pkl")) throw pickled();
  if (first === 0x80 && protocol >= 2 && protocol <= 5) throw pickled();
  throw new RangeError(
    "Expected a weight file of safetensors, HDF5 by Keras, or a TensorFlow.js model.json, " +
      `got one that begins with ${shown(start.slice(0, 16))}.`,
  );
}

function pickled(): RangeError {
  return new RangeError(
    "Expected a weight file that holds numbers only, got a pickle of PyTorch's, which can run code when it is read. " +
      "Convert it once, in Python:\n" +
      "import torch; from safetensors.torch import save_file\n" +
      'save_file(torch.load("vgg19.pth", weights_only=True), "vgg19.safetensors")',
  );
}
