"""The networks: the student that becomes compact, its two teachers, and compact as it is read from a file.

All go along VGG-19's chain up to relu5_1: 3×3 convolutions, each with a relu, and 2×2 average pooling between blocks.
A layer is called by its block and its place there: "4_2" is relu4_2. Pictures are [pictures, 3, height, width], RGB
in [0, 1]; features are [pictures, channels, height, width], each block with half the sides of the one before.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from command_line import WrongInput
from files import Arrays, array_of, read_arrays

POOLING = "pooling"
CHAIN = (
    *("1_1", "1_2", POOLING),
    *("2_1", "2_2", POOLING),
    *("3_1", "3_2", "3_3", "3_4", POOLING),
    *("4_1", "4_2", "4_3", "4_4", POOLING),
    "5_1",
)
LAYERS = tuple(link for link in CHAIN if link != POOLING)
DEEPEST = LAYERS[-1]

# The layers that compact offers: those that get a readout.
OFFERED = ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_4", "4_1", "4_2", "4_4", "5_1")

# The layers that VGG-19 itself teaches, if it is there; the pruned one teaches the others.
TAUGHT_BY_VGG19 = ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2")

# Channels of the student, by block.
WIDTHS = {"1": 16, "2": 32, "3": 64, "4": 128, "5": 128}

# By which names files go for the kernel and the bias of a layer's convolution.
OWN_NAMES = ("conv{block}_{place}/kernel", "conv{block}_{place}/bias")
KERAS_NAMES = ("block{block}_conv{place}/kernel", "block{block}_conv{place}/bias")
PRUNED_NAMES = ("conv{block}_{place}.kernel", "conv{block}_{place}.bias")
PUBLISHED_PRUNED_NAMES = ("conv{block}{place}.weight", "conv{block}{place}.bias")
CHECKPOINT_NAMES = (
    "student.convolutions.{block}_{place}.weight",
    "student.convolutions.{block}_{place}.bias",
)

Features = dict[str, Tensor]
Convolution = tuple[Tensor, Tensor]  # kernel [out, in, height, width], bias [out]


def along_chain(below: Tensor, activate: Callable[[str, Tensor], Tensor], deepest: str = DEEPEST) -> Features:
    """The features of all layers up to `deepest`.

    :param activate: gives a layer's relu, from the layer's name and the features below it
    """
    seen: Features = {}
    for link in CHAIN:
        if link == POOLING:
            below = F.avg_pool2d(below, 2)
        else:
            below = seen[link] = activate(link, below)
        if link == deepest:
            break
    return seen


def input_of_compact(pictures: Tensor) -> Tensor:
    """What compact makes of RGB before its first convolution."""
    return (pictures - 0.45) * 4


def width_of(layer: str) -> int:
    """Channels of the student at a layer."""
    return WIDTHS[layer[0]]


class Student(nn.Module):
    """The network that learns. Its relus leak by `slope`, so that at first no channel falls silent for good."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = 0.2
        self.convolutions = nn.ModuleDict()
        channels = 3
        for layer in LAYERS:
            width = width_of(layer)
            self.convolutions[layer] = nn.Conv2d(channels, width, 3, padding=1)
            nn.init.orthogonal_(self.convolutions[layer].weight.view(width, -1))
            channels = width

    def features(self, pictures: Tensor, deepest: str = DEEPEST) -> Features:
        """The student's features at all layers up to `deepest`."""

        def activate(layer: str, below: Tensor) -> Tensor:
            return F.leaky_relu(self.convolutions[layer](below), self.slope)

        return along_chain(input_of_compact(pictures), activate, deepest)

    def features_and_silence(self, pictures: Tensor) -> tuple[Features, Tensor]:
        """The features at all layers, and the sum over the layers of how silent their channels are."""
        silence = torch.zeros((), device=pictures.device)

        def activate(layer: str, below: Tensor) -> Tensor:
            nonlocal silence
            response = self.convolutions[layer](below)
            silence = silence + silence_of(response)
            return F.leaky_relu(response, self.slope)

        return along_chain(input_of_compact(pictures), activate), silence

    @torch.no_grad()
    def normalise(self, pictures: Tensor) -> None:
        """Scales the convolutions, from the first on, so that each responds to pictures with a deviation of 1."""

        def activate(layer: str, below: Tensor) -> Tensor:
            convolution = self.convolutions[layer]
            convolution.weight /= convolution(below).std()
            convolution.bias -= convolution(below).mean((0, 2, 3)) * 0.5
            return F.leaky_relu(convolution(below), self.slope)

        along_chain(input_of_compact(pictures), activate)

    @torch.no_grad()
    def take_convolutions(self, arrays: Arrays, what: str) -> None:
        """Takes over the convolutions of a file of compact, or of a checkpoint."""
        names = OWN_NAMES if "conv1_1/kernel" in arrays else CHECKPOINT_NAMES
        for layer in LAYERS:
            kernel, bias = convolution_in(arrays, layer, names, what)
            convolution = self.convolutions[layer]
            if kernel.shape != convolution.weight.shape:
                inputs, outputs = convolution.in_channels, convolution.out_channels
                raise WrongInput(
                    f"Expected {what} to lead from {inputs} channels to {outputs} at conv{layer}, "
                    f"got {kernel.shape[1]} to {kernel.shape[0]}."
                )
            convolution.weight.copy_(kernel)
            convolution.bias.copy_(bias)


def silence_of(response: Tensor) -> Tensor:
    """How far channels fall short of firing by 0.08 of the layer's deviation on average, as a mean over channels.

    :param response: [pictures, channels, height, width], before the relu
    """
    heard = F.relu(response).mean((0, 2, 3)) / response.std().detach().clamp_min(1e-3)
    return F.relu(0.08 - heard).mean()


def new_heads(teachers: "Teachers") -> nn.ModuleDict:
    """A linear map for each layer that predicts the teachers' features from the student's."""
    return nn.ModuleDict(
        {layer: nn.Conv2d(width_of(layer), teachers.channels(layer), 1, bias=False) for layer in LAYERS}
    )


class Compact:
    """The network as the package reads it from a file: convolutions, and a readout for each layer it offers."""

    def __init__(self, arrays: Arrays, what: str) -> None:
        self.convolutions = {layer: convolution_in(arrays, layer, OWN_NAMES, what) for layer in LAYERS}
        self.readouts = {layer: array_of(arrays, f"relu{layer}/readout", what) for layer in OFFERED}

    def features(self, pictures: Tensor, deepest: str = DEEPEST) -> Features:
        """The features that it offers, up to `deepest`: each layer's relu times the layer's readout."""

        def activate(layer: str, below: Tensor) -> Tensor:
            return F.relu(F.conv2d(below, *self.convolutions[layer], padding=1))

        seen = along_chain(input_of_compact(pictures), activate, deepest)
        return {layer: read_out(seen[layer], self.readouts[layer]) for layer in OFFERED if layer in seen}


def read_out(features: Tensor, readout: Tensor) -> Tensor:
    """Multiplies the channels at each position, as a row vector, by a readout [channels, channels read]."""
    return torch.einsum("bchw,cd->bdhw", features, readout)


class Vgg19:
    """VGG-19 itself up to relu3_2, with average pooling.

    The weights are the original ones, of Caffe, whose input is BGR in [0, 255] less ImageNet's mean.
    Simonyan & Zisserman 2014, https://arxiv.org/abs/1409.1556
    """

    def __init__(self, arrays: Arrays, device: torch.device) -> None:
        names = KERAS_NAMES if "block1_conv1/kernel" in arrays else OWN_NAMES
        self.convolutions = {
            layer: on_device(convolution_in(arrays, layer, names, "the weights of VGG-19"), device)
            for layer in TAUGHT_BY_VGG19
        }
        self.mean = torch.tensor([103.939, 116.779, 123.68], device=device).view(1, 3, 1, 1)

    def channels(self, layer: str) -> int:
        """Channels at a layer."""
        return len(self.convolutions[layer][1])

    def features(self, pictures: Tensor, deepest: str) -> Features:
        """The features at all layers up to `deepest`, which is one of `TAUGHT_BY_VGG19`."""

        def activate(layer: str, below: Tensor) -> Tensor:
            return F.relu(F.conv2d(below, *self.convolutions[layer], padding=1))

        return along_chain(pictures.flip(1) * 255 - self.mean, activate, deepest)


class PrunedVgg19:
    """A VGG-19 with a quarter of the channels, up to relu5_1, with average pooling and reflected borders.

    Its first convolution, 1×1, turns RGB in [0, 1] into the input of the rest.
    Wang et al. 2020, https://arxiv.org/abs/2003.08436
    """

    def __init__(self, arrays: Arrays, device: torch.device) -> None:
        what = "the weights of the pruned VGG-19"
        published = "conv11.weight" in arrays
        names = PUBLISHED_PRUNED_NAMES if published else PRUNED_NAMES
        first = ("conv0.weight" if published else "conv0.kernel", "conv0.bias")
        self.first = on_device(convolution_in(arrays, "0_0", first, what), device)
        self.convolutions = {layer: on_device(convolution_in(arrays, layer, names, what), device) for layer in LAYERS}

    def channels(self, layer: str) -> int:
        """Channels at a layer."""
        return len(self.convolutions[layer][1])

    def features(self, pictures: Tensor, deepest: str = DEEPEST) -> Features:
        """The features at all layers up to `deepest`."""

        def activate(layer: str, below: Tensor) -> Tensor:
            padded = F.pad(below, (1, 1, 1, 1), mode="reflect")
            return F.relu(F.conv2d(padded, *self.convolutions[layer]))

        return along_chain(F.conv2d(pictures, *self.first), activate, deepest)


class Teachers:
    """Both teachers as one: VGG-19 itself up to relu3_2, if it is there, and the pruned one for all else.

    After `measure`, each layer is divided by `energy`, the root of its mean square on pictures.
    """

    def __init__(self, pruned: PrunedVgg19, vgg19: Vgg19 | None) -> None:
        self.pruned = pruned
        self.vgg19 = vgg19
        self.energy: Features = {}

    def teacher_of(self, layer: str) -> Vgg19 | PrunedVgg19:
        """Who teaches a layer."""
        return self.vgg19 if self.vgg19 is not None and layer in TAUGHT_BY_VGG19 else self.pruned

    def channels(self, layer: str) -> int:
        """Channels of a layer's teacher."""
        return self.teacher_of(layer).channels(layer)

    def features(self, pictures: Tensor, asked: str = TAUGHT_BY_VGG19[-1]) -> Features:
        """The features of all layers that the pruned one teaches, and of VGG-19's those up to the one asked for.

        VGG-19 goes no further, and does not begin where the pruned one is asked, since it takes most of the time.
        """
        seen = self.pruned.features(pictures)
        known = {layer: seen[layer] for layer in LAYERS if self.teacher_of(layer) is self.pruned}
        if self.vgg19 is not None and asked in TAUGHT_BY_VGG19:
            known |= self.vgg19.features(pictures, asked)
        return {layer: self.scaled(layer, features) for layer, features in known.items()}

    def feature(self, pictures: Tensor, layer: str) -> Tensor:
        """The features of one layer."""
        return self.scaled(layer, self.teacher_of(layer).features(pictures, layer)[layer])

    def scaled(self, layer: str, features: Tensor) -> Tensor:
        """Features divided by their layer's energy, as soon as it is known."""
        return features / self.energy[layer] if layer in self.energy else features

    @torch.no_grad()
    def measure(self, batches: Iterable[Tensor]) -> None:
        """Measures each layer's energy on pictures."""
        squares: dict[str, list[Tensor]] = {layer: [] for layer in LAYERS}
        for pictures in batches:
            for layer, features in self.features(pictures).items():
                squares[layer].append((features**2).mean())
        self.energy = {layer: torch.stack(means).mean().sqrt() for layer, means in squares.items()}


def read_teachers(pruned: Path, vgg19: Path | None, device: torch.device) -> Teachers:
    """Reads the teachers from their files; `vgg19` is None where the pruned one teaches all layers."""
    return Teachers(
        PrunedVgg19(read_arrays(pruned, "the weights of the pruned VGG-19"), device),
        None if vgg19 is None else Vgg19(read_arrays(vgg19, "the weights of VGG-19"), device),
    )


def convolution_in(arrays: Arrays, layer: str, names: tuple[str, str], what: str) -> Convolution:
    """A layer's convolution in a file.

    A kernel is called weight where it is in PyTorch's order; else it is [height, width, in, out], and is turned.
    """
    block, place = layer.split("_")
    kernel_name, bias_name = (name.format(block=block, place=place) for name in names)
    kernel, bias = array_of(arrays, kernel_name, what), array_of(arrays, bias_name, what)
    shapes = f"{list(kernel.shape)} and {list(bias.shape)}"
    if kernel.ndim == 4 and not kernel_name.endswith("weight"):
        kernel = kernel.permute(3, 2, 0, 1).contiguous()
    if kernel.ndim != 4 or bias.shape != kernel.shape[:1]:
        raise WrongInput(
            f"Expected {what} to hold a convolution in {kernel_name} and {bias_name}, "
            f"got arrays of the shapes {shapes}."
        )
    return kernel, bias


def on_device(convolution: Convolution, device: torch.device) -> Convolution:
    """A frozen convolution where it is to be computed, its kernel in the order that is fast there."""
    kernel, bias = convolution
    return kernel.to(device).contiguous(memory_format=torch.channels_last), bias.to(device)
