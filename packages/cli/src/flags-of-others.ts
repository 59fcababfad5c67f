import { UsageError } from "./failure.js";

/** What the flags of neural-style and neural-style-pt are here; they have one hyphen. */
const flagsOfNeuralStyle: Readonly<Record<string, string>> = {
  "-backend": "use --engine",
  "-content_image": "give the photograph's file first, without a flag",
  "-content_layers": "use --content-layers",
  "-content_weight": "use --content-weight, with --preset neural-style-pt for the same scale",
  "-cudnn_autotune": "leave it out",
  "-disable_check": "leave it out",
  "-gpu": "use --engine",
  "-image_size": "use --size",
  "-init": "use --init content or --init noise",
  "-init_image": "use --init FILE",
  "-lbfgs_num_correction": "use --history",
  "-learning_rate": "use --learning-rate, for which 1 is black to white",
  "-model_file": "use --weights, with --network",
  "-normalize_gradients": "use --normalize-gradients",
  "-normalize_weights": "use --style-layer-weights",
  "-num_iterations": "use --steps, which counts at each size",
  "-optimizer": "use --optimizer",
  "-original_colors": "use --keep-colors luma",
  "-output_image": "use -o",
  "-pooling": "use --pooling max or --pooling average",
  "-print_iter": "leave it out, or use --json",
  "-proto_file": "leave it out",
  "-save_iter": "use --save-every",
  "-seed": "use --seed",
  "-style_blend_weights": "use --style-blend",
  "-style_image": "give the paintings' files after the photograph, without a flag",
  "-style_layers": "use --style-layers",
  "-style_scale": "use --style-scale",
  "-style_weight": "use --style-weight, with --preset neural-style-pt for the same scale",
  "-tv_weight": "use --tv-weight, with --preset neural-style-pt for the same scale",
};

/** What the flags of style-transfer-pytorch are here, where ours have other names. */
const flagsOfStyleTransferPytorch: Readonly<Record<string, string>> = {
  "--avg-decay": "use --preset crowsonkb, which averages as it does",
  "--devices": "use --engine",
  "--end-scale": "use --size",
  "--initial-iterations": "use --steps, which counts at each size",
  "--iterations": "use --steps",
  "--min-scale": "use --scales, the number of sizes",
  "--random-seed": "use --seed",
  "--step-size": "use --learning-rate",
  "--style-scale-fac": "use --style-scale",
  "--style-size": "use --style-scale, the size relative to the photograph",
  "--style-weights": "use --style-blend",
};

/**
 * Refuses flags of neural-style, which would look like letters of ours.
 * @throws {UsageError} that says what to use here
 */
export function checkFlagsOfOthers(words: readonly string[]): void {
  const end = words.indexOf("--");
  for (const word of end === -1 ? words : words.slice(0, end)) {
    const [flag = ""] = word.split("=");
    if (Object.hasOwn(flagsOfNeuralStyle, flag))
      throw new UsageError(`${flag} is a flag of neural-style: ${flagsOfNeuralStyle[flag]}.`);
  }
}

/** What to use for an unknown option, if it is another program's. */
export function flagOfOthers(flag: string): string | undefined {
  return Object.hasOwn(flagsOfStyleTransferPytorch, flag)
    ? `${flag} is a flag of style-transfer-pytorch: ${flagsOfStyleTransferPytorch[flag]}.`
    : undefined;
}
