"""Exports a checkpoint as a file of compact: convolutions, and a readout for each layer that is offered.

A head H maps the student's features to the teacher's, so distances in the teacher's space are those of the readout
R = (HᵀH)^½ on the student's: ‖(a − b)R‖ = ‖(a − b)Hᵀ‖. A factor for each layer sets its scale.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from command_line import WrongInput, exit_status
from files import Arrays, array_of, check_folder_of, read_arrays, write_arrays
from networks import LAYERS, OFFERED, Compact, Features, Student, read_out
from pictures import Crops

CROP, CROPS, SEED = 96, 48, 5

METADATA = {
    "input": "(rgb in [0, 1] - 0.45) * 4",
    "layout": "HWIO",
    "license": "CC-BY-4.0",
    "pooling": "average 2x2",
}


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(
        prog="export.py",
        description="Writes NAME.safetensors (float32) and NAME-half.safetensors (float16) from a checkpoint of "
        "train.py, with the arrays that @brushwork/networks reads as compact.",
    )
    add = parser.add_argument
    add("checkpoint", type=Path, help="what train.py wrote")
    add("name", type=Path, metavar="NAME", help="path of the files to write, without -half and .safetensors")
    add(
        "--scale-of",
        type=Path,
        metavar="FILE",
        help="file of compact whose mean energy each layer is given, so that loss weights chosen for it hold; "
        "without it, features have the scale of the teachers",
    )
    add("--pictures", type=Path, metavar="FOLDER", help="with --scale-of: the pictures to measure energies on")
    options = parser.parse_args(words)
    if (options.scale_of is None) != (options.pictures is None):
        parser.error("Expected --scale-of and --pictures together, got one without the other.")
    return options


@torch.no_grad()
def export(options: argparse.Namespace) -> int:
    """Writes both files."""
    check_folder_of(options.name)
    checkpoint = read_arrays(options.checkpoint, "a checkpoint of train.py")
    student = student_in(checkpoint)
    readouts = {
        layer: readout_of(array_of(checkpoint, f"heads.{layer}.weight", "the checkpoint")) for layer in OFFERED
    }
    if options.scale_of is None:
        factors = {layer: array_of(checkpoint, f"energy.{layer}", "the checkpoint") for layer in OFFERED}
    else:
        model = Compact(read_arrays(options.scale_of, "a file of compact"), "the file of --scale-of")
        factors = factors_to_scale_of(model, student, readouts, sample_of(options.pictures))
    arrays = arrays_of(student, {layer: readouts[layer] * factors[layer] for layer in OFFERED})
    halves = {name: array.half() for name, array in arrays.items()}
    check_finite(halves)
    for file, content in ((f"{options.name}.safetensors", arrays), (f"{options.name}-half.safetensors", halves)):
        write_arrays(content, Path(file), METADATA)
        print(file)
    return 0


def student_in(checkpoint: Arrays) -> Student:
    """The student of a checkpoint, with relus that do not leak."""
    student = Student()
    student.take_convolutions(checkpoint, "the checkpoint")
    student.slope = 0.0
    return student


def readout_of(head: Tensor) -> Tensor:
    """(HᵀH)^½ of a head H [teacher's channels, ours, 1, 1]: symmetric, [ours, ours]."""
    matrix = head[:, :, 0, 0].double()
    values, vectors = torch.linalg.eigh(matrix.T @ matrix)
    return ((vectors * values.clamp_min(0).sqrt()) @ vectors.T).float()


def sample_of(folder: Path) -> Tensor:
    """The crops on which energies are measured: always the same of the same pictures."""
    crops = Crops(folder, CROP)
    random.seed(SEED)
    torch.manual_seed(SEED)
    return crops.batch(CROPS)


def factors_to_scale_of(model: Compact, student: Student, readouts: Features, pictures: Tensor) -> Features:
    """By what to multiply each readout, so that its layer has the mean energy on pictures that the model's has."""
    wanted, found = model.features(pictures), student.features(pictures)
    return {
        layer: (energy_of(wanted[layer]) / energy_of(read_out(found[layer], readouts[layer]))).sqrt()
        for layer in OFFERED
    }


def energy_of(features: Tensor) -> Tensor:
    """The mean over pictures and positions of the squared length of the features."""
    return (features**2).sum(1).mean()


def arrays_of(student: Student, readouts: Features) -> Arrays:
    """The arrays of a file: conv{layer}/kernel [3, 3, in, out], conv{layer}/bias [out], relu{layer}/readout."""
    arrays: Arrays = {}
    for layer in LAYERS:
        convolution = student.convolutions[layer]
        arrays[f"conv{layer}/kernel"] = convolution.weight.permute(2, 3, 1, 0).contiguous()
        arrays[f"conv{layer}/bias"] = convolution.bias.clone()
        if layer in readouts:
            arrays[f"relu{layer}/readout"] = readouts[layer].contiguous()
    return arrays


def check_finite(arrays: Arrays) -> None:
    """Refuses arrays that the package would refuse."""
    for name, array in arrays.items():
        if not array.isfinite().all():
            raise WrongInput(
                f"Expected {name} to be finite in float16, got NaN or infinity: train again, more slowly."
            )


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command, and returns its exit status."""
    options = parsed(words)
    return exit_status("export.py", lambda: export(options))


if __name__ == "__main__":
    sys.exit(main())
