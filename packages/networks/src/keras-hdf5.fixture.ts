import { type Group, File as Hdf5File, type LIBVER_BOUNDS, ready } from "h5wasm";

/** An HDF5 file, as the HDF5 library itself writes it. */
export async function hdf5File(
  fill: (file: Group) => void,
  // As h5py, and with it Keras, wrote files up to HDF5 2.0. Keras's published files are of this kind.
  libver: LIBVER_BOUNDS = ["earliest", "latest"],
): Promise<Uint8Array> {
  const { FS } = await ready;
  const file = new Hdf5File("weights.h5", "w", { libver });
  try {
    fill(file);
  } finally {
    file.close();
  }
  return FS.readFile("weights.h5");
}

/** A convolution's two arrays; the kernel [3, 3, 1, 2] counts up from `first`, the bias is −1, −2. */
export function addConvolution(group: Group, kernel: string, bias: string, first = 0): void {
  const data = Float32Array.from({ length: 18 }, (_, i) => first + i);
  group.create_dataset({ name: kernel, data, shape: [3, 3, 1, 2] });
  group.create_dataset({ name: bias, data: Float32Array.of(-1, -2), shape: [2] });
}
