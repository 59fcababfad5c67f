"""Measures how well the gradients through a file of compact agree with the teachers'.

The check file holds for each picture i `{i}/picture`, `{i}/style` and `{i}/content`, uint8 [64, 64, 3], and
`{i}/gradient/{layer}`, float16 [64, 64, 3]: the teachers' gradient with respect to the picture, RGB in [0, 1]. It is
that of Σ(G − A)², where G = FᵀF / positions is the Gram matrix of the picture's features F and A that of the style's;
at 4_2 that of Σ(F − P)², where P are the content's features. The teachers are VGG-19 to relu3_1 and the pruned one
beyond, both with average pooling.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from command_line import exit_status
from files import Arrays, array_of, read_arrays
from networks import Compact

MEASURED = ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1")
CONTENT_LAYER = "4_2"

KINDS = {"photographs": (0, 1), "mid-painting": (4, 5)}

# The least that a file has to reach, as a mean over the pictures of a kind.
LEAST = {
    "photographs": (0.98, 0.89, 0.80, 0.67, 0.59, 0.14),
    "mid-painting": (0.98, 0.60, 0.75, 0.28, 0.65, 0.23),
}


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(
        prog="measure.py",
        description="Prints the cosines between the gradients with respect to the pixels through a file of compact and "
        "through its teachers. Exits with 1 where one is below what it has to be.",
    )
    add = parser.add_argument
    add("file", type=Path, help="file that export.py wrote, either of the two")
    add("check", type=Path, help="check.safetensors: pictures, and the teachers' gradients")
    add("--each", action="store_true", help="print each picture's cosines too, to four decimals")
    return parser.parse_args(words)


def measure(options: argparse.Namespace) -> int:
    """Prints the tables, and returns 1 if a cosine is too low."""
    arrays = read_arrays(options.file, "a file of compact")
    network = Compact({name: array.double() for name, array in arrays.items()}, "the file")
    check = read_arrays(options.check, "pictures and gradients to check with")
    cosines = {i: cosines_of(network, check, i) for pictures in KINDS.values() for i in pictures}
    if options.each:
        print(table({f"{kind}, {i}": cosines[i] for kind, pictures in KINDS.items() for i in pictures}, decimals=4))
        print()
    means = {kind: torch.stack([cosines[i] for i in pictures]).mean(0) for kind, pictures in KINDS.items()}
    print(table(means, decimals=2))
    low = failures(means)
    for sentence in low:
        print(f"measure.py: {sentence}", file=sys.stderr)
    return 1 if low else 0


def cosines_of(network: Compact, check: Arrays, i: int) -> Tensor:
    """The cosines of a picture's gradients at the layers `MEASURED`."""
    picture, style, content = (picture_in(check, f"{i}/{part}") for part in ("picture", "style", "content"))
    return torch.stack(
        [
            cosine(
                gradient_of(network, layer, picture, content if layer == CONTENT_LAYER else style),
                array_of(check, f"{i}/gradient/{layer}", "the check file").permute(2, 0, 1)[None].double(),
            )
            for layer in MEASURED
        ]
    )


def picture_in(check: Arrays, name: str) -> Tensor:
    """A picture of the check file, float64 [1, 3, height, width], RGB in [0, 1]."""
    return array_of(check, name, "the check file").permute(2, 0, 1)[None].double() / 255


def gradient_of(network: Compact, layer: str, picture: Tensor, goal: Tensor) -> Tensor:
    """The gradient of a layer's loss with respect to the picture."""
    pixels = picture.clone().requires_grad_()
    found, wanted = (network.features(pictures, layer)[layer] for pictures in (pixels, goal))
    if layer != CONTENT_LAYER:
        found, wanted = gram_matrix(found), gram_matrix(wanted)
    return torch.autograd.grad(((found - wanted) ** 2).sum(), pixels)[0]


def gram_matrix(features: Tensor) -> Tensor:
    """FᵀF / positions of the features of one picture."""
    rows = features[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between two gradients."""
    return (a * b).sum() / (a.norm() * b.norm())


def table(rows: dict[str, Tensor], decimals: int) -> str:
    """Cosines as a table in Markdown, a column for each layer."""
    lines = [["", *(f"relu{layer}" for layer in MEASURED)], ["-"] * (1 + len(MEASURED))]
    lines += [[name, *(f"{figure:.{decimals}f}" for figure in figures)] for name, figures in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def failures(means: dict[str, Tensor]) -> list[str]:
    """A sentence for each cosine that is below what it has to be."""
    return [
        f"Expected a cosine of at least {least:.2f} at relu{layer} ({kind}), got {figure:.4f}."
        for kind, figures in means.items()
        for layer, figure, least in zip(MEASURED, figures, LEAST[kind], strict=True)
        if not figure >= least
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command, and returns its exit status."""
    options = parsed(words)
    return exit_status("measure.py", lambda: measure(options))


if __name__ == "__main__":
    sys.exit(main())
