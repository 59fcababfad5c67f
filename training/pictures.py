"""Crops of pictures to learn from."""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from command_line import WrongInput

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

# A picture whose shorter side has fewer pixels is left out.
SHORTEST_SIDE = 150


class Crops:
    """Random square crops of the pictures in a folder and the folders in it.

    All pictures are kept in memory, 3 bytes a pixel. Chance comes from the global generators of `random` and `torch`.
    """

    def __init__(self, folder: Path, side: int) -> None:
        if not folder.is_dir():
            raise WrongInput(f"Expected a folder of pictures in {folder}, found none.")
        self.side = side
        paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
        pictures = (read_picture(path) for path in paths)
        self.pictures = [pixels for pixels in pictures if min(pixels.shape[:2]) >= SHORTEST_SIDE]
        if not self.pictures:
            raise WrongInput(
                f"Expected pictures ({', '.join(SUFFIXES)}) of at least {SHORTEST_SIDE}×{SHORTEST_SIDE} pixels "
                f"in {folder}, found none."
            )

    def batch(self, count: int, clean: bool = False) -> Tensor:
        """Several crops, [count, 3, side, side]."""
        crops = torch.stack([self.one(clean) for _ in range(count)])
        return crops.contiguous(memory_format=torch.channels_last)

    def one(self, clean: bool = False) -> Tensor:
        """A crop, [3, side, side], RGB in [0, 1]: scaled, turned, and at times with other colours or with noise.

        :param clean: leaves out noise, and the procedural textures that now and then take a picture's place
        """
        if not clean and random.random() < 0.05:
            return self.texture()
        crop = self.scaled_square(random.choice(self.pictures))
        if random.random() < 0.5:
            crop = crop.flip(-1)
        if random.random() < 0.2:
            crop = crop.transpose(-1, -2)
        if random.random() < 0.4:
            crop = (crop - 0.5) * random.uniform(0.7, 1.4) + 0.5 + torch.randn(3, 1, 1) * 0.1
        if not clean and random.random() < 0.3:
            crop = crop + torch.randn_like(crop) * random.uniform(0, 0.2)
        if random.random() < 0.1:
            crop = crop[torch.randperm(3)]
        return crop.clamp(0, 1)

    def scaled_square(self, pixels: np.ndarray) -> Tensor:
        """A square of a picture, between 0.6 and 3.5 times the side of a crop, scaled to a crop."""
        height, width, _ = pixels.shape
        side = int(min(self.side * 2 ** random.uniform(-0.7, 1.8), height, width))
        top, left = random.randint(0, height - side), random.randint(0, width - side)
        square = torch.from_numpy(pixels[top : top + side, left : left + side].copy())
        square = square.permute(2, 0, 1)[None].float() / 255
        mode = "area" if side > self.side else "bicubic"
        return F.interpolate(square, (self.side, self.side), mode=mode)[0].clamp(0, 1)

    def texture(self) -> Tensor:
        """Noise of six octaves, each with a strength of its own, over a ground of a random colour."""
        noise = torch.zeros(1, 3, self.side, self.side)
        for octave in range(1, 7):
            cell = max(2, self.side // 2**octave)
            grain = F.interpolate(torch.randn(1, 3, cell, cell), (self.side, self.side), mode="bicubic")
            noise += grain * (random.random() * octave / 3)
        return torch.sigmoid(noise + torch.rand(1, 3, 1, 1))[0]


def read_picture(path: Path) -> np.ndarray:
    """A picture's pixels, uint8 [height, width, 3], RGB."""
    try:
        return np.asarray(Image.open(path).convert("RGB"))
    except (UnidentifiedImageError, OSError) as error:
        raise WrongInput(f"Expected a picture in {path}, got a damaged file: remove it.") from error
