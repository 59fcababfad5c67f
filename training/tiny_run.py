"""A whole run at tiny sizes, for the tests: pictures and random teachers made on the fly, training and export.

usage: tiny_run.py FOLDER

It leaves in the folder what the commands read and write, and features.safetensors for a reader to be compared with:
`picture` [37, 33, 3], and of that picture the features that PyTorch finds, [height, width, channels]:
`float32/relu{layer}` with the checkpoint's convolutions, `float16/relu{layer}` with the file of halves.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import export
import train
from files import Arrays, read_arrays, write_arrays
from networks import LAYERS, TAUGHT_BY_VGG19, Compact, read_out

COMPARED = ("1_1", "3_1", "4_2", "5_1")


def run(folder: Path) -> None:
    """Makes pictures and teachers, trains three steps from scratch, and exports."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    write_pictures(folder / "pictures")
    write_arrays(random_vgg19(), folder / "vgg19.safetensors")
    write_arrays(random_pruned_vgg19(), folder / "pruned.safetensors")
    checkpoint = str(folder / "checkpoint.safetensors")
    teachers = ["--vgg19", str(folder / "vgg19.safetensors"), "--pruned", str(folder / "pruned.safetensors")]
    options = "--init none --steps 3 --batch 2 --crop 32 --device cpu".split()
    succeed(train.main([str(folder / "pictures"), checkpoint, *teachers, *options]))
    succeed(export.main([checkpoint, str(folder / "tiny")]))
    write_arrays(features_of_both(folder), folder / "features.safetensors")


def succeed(status: int) -> None:
    """Ends the run where a command has failed; the command has said why."""
    if status != 0:
        sys.exit(status)


def write_pictures(folder: Path) -> None:
    """Two pictures of 160×180 pixels: a slope of colours, and coarse noise."""
    folder.mkdir()
    y, x = np.mgrid[0:160, 0:180]
    slope = np.stack([y, x, (y + x) // 2], axis=2)
    noise = np.random.default_rng(1).integers(0, 256, (16, 18, 3)).repeat(10, axis=0).repeat(10, axis=1)
    for name, pixels in (("slope", slope), ("noise", noise)):
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")


def random_vgg19() -> Arrays:
    """The first three blocks under Keras's names, with 6, 8 and 10 channels."""
    arrays: Arrays = {}
    channels = 3
    for layer in TAUGHT_BY_VGG19:
        block, place = layer.split("_")
        width = 4 + 2 * int(block)
        arrays[f"block{block}_conv{place}/kernel"] = random_kernel(3, channels, width)
        arrays[f"block{block}_conv{place}/bias"] = torch.zeros(width)
        channels = width
    return arrays


def random_pruned_vgg19() -> Arrays:
    """All convolutions under the pruned network's names, with 3, 6, 9, 12 and 15 channels."""
    arrays: Arrays = {"conv0.kernel": torch.eye(3).view(1, 1, 3, 3), "conv0.bias": torch.full((3,), -0.5)}
    channels = 3
    for layer in LAYERS:
        width = 3 * int(layer[0])
        arrays[f"conv{layer}.kernel"] = random_kernel(3, channels, width)
        arrays[f"conv{layer}.bias"] = torch.zeros(width)
        channels = width
    return arrays


def random_kernel(side: int, inputs: int, outputs: int) -> Tensor:
    """A kernel [side, side, in, out] that leaves the size of what it is given about as it was."""
    return torch.randn(side, side, inputs, outputs) * (2 / (side * side * inputs)) ** 0.5


@torch.no_grad()
def features_of_both(folder: Path) -> Arrays:
    """A picture and its features: by the checkpoint's convolutions and the readouts, and by the file of halves."""
    picture = torch.rand(1, 3, 37, 33)
    student = export.student_in(read_arrays(folder / "checkpoint.safetensors", "the checkpoint"))
    single = read_arrays(folder / "tiny.safetensors", "the export")
    half = Compact(read_arrays(folder / "tiny-half.safetensors", "the export"), "the export")
    by_student, by_half = student.features(picture), half.features(picture)
    arrays = {"picture": channels_last(picture)}
    for layer in COMPARED:
        arrays[f"float32/relu{layer}"] = channels_last(read_out(by_student[layer], single[f"relu{layer}/readout"]))
        arrays[f"float16/relu{layer}"] = channels_last(by_half[layer])
    return arrays


def channels_last(tensor: Tensor) -> Tensor:
    """[1, channels, height, width] → [height, width, channels]."""
    return tensor[0].permute(1, 2, 0)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
