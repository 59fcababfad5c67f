"""Distils compact from VGG-19 and a pruned VGG-19.

What style transfer uses of a network is the gradient of a loss with respect to the pixels, at pictures that are no
photographs any more. So the student is taught the teachers' features, through a linear head for each layer; their
gradients of style and content losses with respect to the pixels; and both at pictures that it is painting itself while
it learns, beside crops of pictures.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from command_line import WrongInput, exit_status, positive_number, whole_number
from files import check_folder_of, read_arrays, write_arrays
from networks import LAYERS, Student, Teachers, new_heads, read_teachers
from pictures import Crops
from pool import Pool
from style import moments, style_distance

# The layers at which gradients are taught, one a step; these two are taught twice as often as the others.
PROBES = ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1")
PROBED_TWICE = ("3_1", "4_1")
CONTENT_LAYER = "4_2"

FEATURE_WEIGHT = 2.0
GRADIENT_WEIGHT = 2.0
SILENCE_WEIGHT = 0.3

STEPS = 3600
WARM_UP = 200
PAINT_EVERY = 3
REPORT_EVERY = 100
SAVE_EVERY = 500
POOL_PER_SAMPLE = 12


@dataclass
class Lesson:
    """What a step teaches: pictures, the pictures whose features they are compared with, and a layer for gradients."""

    pictures: Tensor
    goals: Tensor
    probe: str


@dataclass
class Progress:
    """How a run goes: running averages of the errors of features and of gradients, each 1 for a student that knows
    nothing."""

    features: dict[str, Tensor] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)

    def __str__(self) -> str:
        def figures(errors: dict[str, Tensor]) -> str:
            return " ".join(f"{layer} {errors[layer]:.3f}" for layer in LAYERS if layer in errors)

        return f"features {figures(self.features)}, gradients {figures(self.gradients)}"


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Distils compact from VGG-19 and a pruned VGG-19, and writes a checkpoint for export.py.",
    )
    add = parser.add_argument
    add("pictures", type=Path, help="folder of the pictures to learn from")
    add("checkpoint", type=Path, help="safetensors file to write, every 500 steps and at the end")
    add("--pruned", type=Path, required=True, help="weights of the pruned VGG-19: safetensors, or 5SE.pth")
    add(
        "--vgg19",
        type=Path,
        help="weights of VGG-19 in safetensors, for relu1_1 to relu3_2; without it the pruned one teaches these too",
    )
    add("--init", default="none", help='checkpoint, or file of compact, to begin with; "none" (default): chance')
    add("--steps", type=whole_number(1), help=f"end after so many steps; {STEPS} unless --minutes is given")
    add("--minutes", type=positive_number, help="end after so many minutes, if no sooner")
    add("--learning-rate", type=positive_number, default=2e-3, help="largest of the run (default: %(default)s)")
    add("--batch", type=whole_number(2), default=4, help="pictures a step (default: %(default)s)")
    add("--crop", type=whole_number(32), default=96, help="side of a crop in pixels (default: %(default)s)")
    add("--seed", type=whole_number(0), default=1, help="of all chance (default: %(default)s)")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto (default): a GPU if there is one")
    options = parser.parse_args(words)
    if options.steps is None and options.minutes is None:
        options.steps = STEPS
    return options


def chosen_device(name: str) -> torch.device:
    """The device of that name, where "auto" is a GPU if there is one."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise WrongInput("Expected a GPU that PyTorch can use, found none: choose --device cpu.")
    if name == "auto":
        name = "cuda" if available else "cpu"
    return torch.device(name)


def train(options: argparse.Namespace) -> int:
    """Trains a student and writes its checkpoint."""
    check_folder_of(options.checkpoint)
    device = chosen_device(options.device)
    begin_with = None if options.init == "none" else read_arrays(Path(options.init), "the network to begin with")
    teachers = read_teachers(options.pruned, options.vgg19, device)
    crops = Crops(options.pictures, options.crop)

    torch.manual_seed(options.seed)
    random.seed(options.seed)
    student = Student().to(device, memory_format=torch.channels_last)
    teachers.measure(crops.batch(options.batch).to(device) for _ in range(10))
    heads = new_heads(teachers).to(device)
    if begin_with is None:
        student.normalise(crops.batch(16).to(device))
    else:
        student.take_convolutions(begin_with, "the network to begin with")
        student.slope = 0.0
        fit_heads(heads, student, teachers, crops.batch(48).to(device))
    parameters = [*student.parameters(), *heads.parameters()]
    adam = torch.optim.Adam(parameters, lr=options.learning_rate, betas=(0.9, 0.99))
    pool = Pool(crops, POOL_PER_SAMPLE * options.batch, device)
    print(f"{len(crops.pictures)} pictures, on {device}", flush=True)

    progress = Progress()
    begun, step = time.monotonic(), 0
    while (done := share_done(options, step, time.monotonic() - begun)) < 1:
        step += 1
        for group in adam.param_groups:
            group["lr"] = options.learning_rate * schedule(step, done)
        if begin_with is None:
            student.slope = leak(done)
        loss = loss_of(next_lesson(pool, crops, options.batch, device), student, heads, teachers, progress)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
        if step % PAINT_EVERY == 0:
            pool.paint(student, heads, options.batch)
        if step % REPORT_EVERY == 0:
            pace = (time.monotonic() - begun) / step * 1000
            print(f"step {step}, {done:.0%} done, {pace:.0f} ms a step: {progress}", flush=True)
        if step % SAVE_EVERY == 0:
            write_checkpoint(options.checkpoint, student, heads, teachers)
    write_checkpoint(options.checkpoint, student, heads, teachers)
    print(f"{step} steps: {options.checkpoint}")
    return 0


@torch.no_grad()
def fit_heads(heads: nn.ModuleDict, student: Student, teachers: Teachers, pictures: Tensor) -> None:
    """Sets each head to the ridge regression of the teachers' features on the student's."""
    seen, truth = student.features(pictures), teachers.features(pictures)
    for layer in LAYERS:
        ours, theirs = (features.permute(0, 2, 3, 1).flatten(0, 2) for features in (seen[layer], truth[layer]))
        squares = ours.T @ ours
        ridge = 1e-4 * squares.diagonal().mean() * torch.eye(len(squares), device=squares.device)
        heads[layer].weight.copy_(torch.linalg.solve(squares + ridge, ours.T @ theirs).T[..., None, None])


def share_done(options: argparse.Namespace, step: int, seconds: float) -> float:
    """How much of the run is over, by whichever of its bounds is nearer: at 1 it ends."""
    by_steps = 0.0 if options.steps is None else step / options.steps
    by_time = 0.0 if options.minutes is None else seconds / 60 / options.minutes
    return max(by_steps, by_time)


def schedule(step: int, done: float) -> float:
    """The learning rate's share of its largest: it rises over the first 200 steps, then falls along a cosine to 2 %."""
    return min(1, step / WARM_UP) * (0.49 * (1 + math.cos(math.pi * done)) + 0.02)


def leak(done: float) -> float:
    """The slope of the student's relus below zero: it vanishes over the first 40 % of a run from scratch."""
    return max(0.0, 0.2 * (1 - done / 0.4))


def next_lesson(pool: Pool, crops: Crops, batch: int, device: torch.device) -> Lesson:
    """A lesson on half a batch of pictures in mid-painting and half a batch of crops."""
    from_pool = batch // 2
    pictures, styles = pool.sample(from_pool)
    pictures = torch.cat([pictures, crops.batch(batch - from_pool).to(device)])
    goals = torch.cat([styles, crops.batch(batch - from_pool, clean=True).to(device)])
    return Lesson(
        pictures.contiguous(memory_format=torch.channels_last).requires_grad_(),
        goals.contiguous(memory_format=torch.channels_last),
        random.choice(PROBES + PROBED_TWICE),
    )


def loss_of(lesson: Lesson, student: Student, heads: nn.ModuleDict, teachers: Teachers, progress: Progress) -> Tensor:
    """What the student is to lessen: its errors of features and of gradients, and its silence."""
    truth = teachers.features(lesson.pictures, lesson.probe)
    direction, wanted = teachers_gradient(lesson, truth[lesson.probe], teachers)
    seen, silence = student.features_and_silence(lesson.pictures)
    loss = SILENCE_WEIGHT * silence
    for layer in (layer for layer in LAYERS if layer in truth):
        error = feature_error(heads[layer](seen[layer]), truth[layer].detach())
        loss = loss + error / len(LAYERS) * FEATURE_WEIGHT
        note(progress.features, layer, error, 0.02)
    found = gradient_of(heads[lesson.probe](seen[lesson.probe]), lesson.pictures, direction)
    differences = gradient_error(found, wanted)
    note(progress.gradients, lesson.probe, differences.mean(), 0.05)
    # At most 4 a picture: a wild gradient must not drown the others.
    return loss + GRADIENT_WEIGHT * differences.clamp_max(4).mean()


def teachers_gradient(lesson: Lesson, features: Tensor, teachers: Teachers) -> tuple[Tensor, Tensor]:
    """The gradient of a content or style loss through the teacher.

    :param features: the teacher's, of the lesson's pictures at its probe
    :returns: the gradient with respect to the features, of unit length for each picture, and with respect to the pixels
    """
    with torch.no_grad():
        goal = teachers.feature(lesson.goals, lesson.probe)
    if lesson.probe == CONTENT_LAYER:
        loss = ((features - goal) ** 2).mean((1, 2, 3)).sum()
    else:
        loss = style_distance(features, moments(goal))
    (direction,) = torch.autograd.grad(loss, features, retain_graph=True)
    direction = direction / lengths(direction).view(-1, 1, 1, 1)
    (gradient,) = torch.autograd.grad(features, lesson.pictures, direction)
    return direction.detach(), gradient.detach()


def gradient_of(predicted: Tensor, pictures: Tensor, direction: Tensor) -> Tensor:
    """The gradient with respect to the pixels of predicted features in a direction, itself to be differentiated."""
    return torch.autograd.grad(predicted, pictures, direction, create_graph=True)[0]


def feature_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """The mean square difference of features."""
    return ((predicted - truth) ** 2).mean()


def gradient_error(found: Tensor, wanted: Tensor) -> Tensor:
    """The squared length of the difference of two gradients relative to the one wanted, for each picture."""
    return ((found - wanted).flatten(1).norm(dim=1) / lengths(wanted)) ** 2


def lengths(gradient: Tensor) -> Tensor:
    """The length of each picture's gradient, never 0."""
    return gradient.flatten(1).norm(dim=1).clamp_min(1e-9)


def note(averages: dict[str, Tensor], layer: str, error: Tensor, share: float) -> None:
    """Takes an error into a layer's running average, which begins at 1."""
    averages[layer] = averages.get(layer, 1.0) * (1 - share) + error.detach() * share


def write_checkpoint(path: Path, student: Student, heads: nn.ModuleDict, teachers: Teachers) -> None:
    """Writes student.convolutions.{layer}.weight and .bias, heads.{layer}.weight, and energy.{layer} [1]."""
    write_arrays(
        {
            **{f"student.{name}": array for name, array in student.state_dict().items()},
            **{f"heads.{name}": array for name, array in heads.state_dict().items()},
            **{f"energy.{layer}": energy.reshape(1) for layer, energy in teachers.energy.items()},
        },
        path,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command, and returns its exit status."""
    options = parsed(words)
    return exit_status("train.py", lambda: train(options))


if __name__ == "__main__":
    sys.exit(main())
