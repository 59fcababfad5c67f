"""Pictures in mid-painting, for a student to learn from."""

import random

import torch
from torch import Tensor, nn

from networks import Student
from pictures import Crops
from style import moments, style_distance

STYLE_LAYERS = ("1_1", "2_1", "3_1", "4_1", "5_1")
CONTENT_LAYER = "4_2"
CONTENT_WEIGHT = 2.0

STEP_SIZE = 0.03
LONGEST_LIFE = 80
YOUNGEST = 20
OLDEST_AT_FIRST = 60


class Pool:
    """Pictures that the student paints while it learns, each towards a content and a style of its own.

    Style transfer asks a network for gradients at pictures that are no photographs any more; these are such. A picture
    that has been painted for `LONGEST_LIFE` steps gives way to a new one.
    """

    def __init__(self, crops: Crops, size: int, device: torch.device) -> None:
        self.crops = crops
        self.pictures = crops.batch(size, clean=True).to(device)
        self.contents = self.pictures.clone()
        self.styles = crops.batch(size, clean=True).to(device)
        self.squares = torch.zeros_like(self.pictures)
        self.momenta = torch.zeros_like(self.pictures)
        self.ages = torch.randint(0, OLDEST_AT_FIRST, (size,))

    def sample(self, count: int) -> tuple[Tensor, Tensor]:
        """Some of the pictures, and the styles that they are painted in."""
        index = self.random_index(count)
        return self.pictures[index], self.styles[index]

    def paint(self, student: Student, heads: nn.ModuleDict, count: int) -> None:
        """Paints some of the pictures on by a step, along the student's gradient."""
        index = self.random_index(count)
        gradient = self.gradient(student, heads, index)
        self.descend(index, gradient)
        for i in index[self.ages[index] > LONGEST_LIFE].tolist():
            self.renew(i)

    def random_index(self, count: int) -> Tensor:
        """So many different numbers of pictures."""
        return torch.randperm(len(self.pictures))[:count]

    def gradient(self, student: Student, heads: nn.ModuleDict, index: Tensor) -> Tensor:
        """The gradient of the style and content losses through the student, with respect to the pixels."""
        pictures = self.pictures[index].clone().requires_grad_()
        with torch.no_grad():
            styles = student.features(self.styles[index])
            contents = student.features(self.contents[index], CONTENT_LAYER)
            wanted = heads[CONTENT_LAYER](contents[CONTENT_LAYER])
        seen = student.features(pictures)
        style = sum(
            style_distance(heads[layer](seen[layer]), moments(heads[layer](styles[layer]))) for layer in STYLE_LAYERS
        )
        content = ((heads[CONTENT_LAYER](seen[CONTENT_LAYER]) - wanted) ** 2).mean((1, 2, 3)).sum()
        return torch.autograd.grad(style + content * CONTENT_WEIGHT, pictures)[0]

    @torch.no_grad()
    def descend(self, index: Tensor, gradient: Tensor) -> None:
        """A step of Adam without its correction for the first steps."""
        self.momenta[index] = self.momenta[index] * 0.9 + gradient * 0.1
        self.squares[index] = self.squares[index] * 0.95 + gradient * gradient * 0.05
        change = STEP_SIZE * self.momenta[index] / (self.squares[index].sqrt() + 1e-9)
        self.pictures[index] = (self.pictures[index] - change).clamp(0, 1)
        self.ages[index] += 1

    def renew(self, i: int) -> None:
        """Puts a new picture, content and style in a picture's place. A new picture is its content, or else noise."""
        device = self.pictures.device
        self.contents[i], self.styles[i] = (
            self.crops.one(clean=True).to(device),
            self.crops.one(clean=True).to(device),
        )
        self.pictures[i] = self.contents[i] if random.random() < 0.7 else torch.rand_like(self.contents[i])
        self.momenta[i] = 0
        self.squares[i] = 0
        self.ages[i] = random.randint(0, YOUNGEST)
