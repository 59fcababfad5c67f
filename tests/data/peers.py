"""Losses of other programs' objectives and optimizers on a tiny network: the numbers in peers.json, by PyTorch.

python3 peers.py > peers.json
"""

import json

import torch
import torch.nn.functional as F

CONVOLUTIONS = {"1_1": (3, 4), "1_2": (4, 4), "2_1": (4, 5), "2_2": (5, 5), "3_1": (5, 6), "3_2": (6, 6)}
STYLE = ["1_1", "2_1", "3_1"]
CONTENT = "3_2"
STEPS = 8


def weights():
    """Kernels [3, 3, in, out], whose element k is sin(1.3 (k + 1) + 0.7 i) √(2 / (9 in)), and biases 0.1 cos(k + i)."""
    found = {}
    for i, (name, (inputs, outputs)) in enumerate(CONVOLUTIONS.items()):
        k = torch.arange(9 * inputs * outputs, dtype=torch.float64)
        kernel = torch.sin(1.3 * (k + 1) + 0.7 * i) * (2 / (9 * inputs)) ** 0.5
        bias = 0.1 * torch.cos(torch.arange(outputs, dtype=torch.float64) + i)
        found[name] = (kernel.reshape(3, 3, inputs, outputs).permute(3, 2, 0, 1).float(), bias.float())
    return found


def picture(width, height, a, b):
    """Levels round(127.5 + 127.5 sin(a x (c + 1) + b y + c)) of the channels c, in [0, 1]."""
    c, y, x = torch.meshgrid(torch.arange(3.0), torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return (torch.round(127.5 + 127.5 * torch.sin(a * x * (c + 1) + b * y + c)) / 255)[None]


WEIGHTS = weights()
CONTENT_PICTURE = picture(24, 20, 0.31, 0.23)
STYLE_PICTURE = picture(18, 24, 0.83, -0.47)


def features(x, padding):
    found = {}
    for name, (kernel, bias) in WEIGHTS.items():
        if name in ("2_1", "3_1"):
            x = F.max_pool2d(x, 2)
        mode = padding if name == "1_1" else "constant"
        x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode), kernel, bias))
        found[name] = x
    return found


def torchvision_input(x):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    return (x - mean) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def caffe_input(x):
    """From RGB in levels."""
    return x.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


class Root(torch.autograd.Function):
    """Unscaled Newton–Schulz, and the Lyapunov equation by as many steps (Lin & Maji 2017)."""

    @staticmethod
    def forward(context, matrix):
        norm, identity = matrix.norm(), torch.eye(len(matrix))
        y, z = matrix / norm, identity
        for _ in range(12):
            t = (3 * identity - z @ y) / 2
            y, z = y @ t, t @ z
        root = y * norm.sqrt()
        context.save_for_backward(root)
        return root

    @staticmethod
    def backward(context, gradient):
        (root,) = context.saved_tensors
        a, q, identity = root / root.norm(), gradient / root.norm(), torch.eye(len(root))
        for _ in range(12):
            t = 3 * identity - a @ a
            q = (q @ t - a.T @ (a.T @ q - q @ a)) / 2
            a = a @ t / 2
        return q / 2


def crowsonkb():
    def moments(f):
        f = f[0].flatten(1)
        mean = f.mean(1)
        return mean, f @ f.T / f.shape[1] - torch.outer(mean, mean) + 1e-4 * torch.eye(len(f))

    def variation(x):
        x = F.pad(x, (1, 1, 1, 1), "replicate")
        across = (x[..., 1:-1, 2:] - x[..., 1:-1, 1:-1]).square().mean() / 3
        down = (x[..., 2:, 1:-1] - x[..., 1:-1, 1:-1]).square().mean() / 3
        falling = (x[..., 1:, 1:] - x[..., :-1, :-1]).square().mean() / 12
        rising = (x[..., 1:, :-1] - x[..., :-1, 1:]).square().mean() / 12
        return 2 * (across + down + falling + rising)

    content = features(torchvision_input(CONTENT_PICTURE), "replicate")[CONTENT]
    targets = features(torchvision_input(STYLE_PICTURE), "replicate")
    targets = {name: moments(targets[name]) for name in STYLE}

    def loss(x):
        found = features(torchvision_input(x), "replicate")
        total = 0.015 * (found[CONTENT] - content).square().mean() + 2 * variation(x)
        for name, weight in zip(STYLE, (256, 64, 16)):
            mean, covariance = moments(found[name])
            goal, style = targets[name]
            root = Root.apply(style)
            spread = covariance + style - 2 * Root.apply(root @ covariance @ root)
            total = total + weight / 336 * ((mean - goal).square().mean() + spread.diag().mean())
        return total

    image = CONTENT_PICTURE.clone().requires_grad_()
    return curve(loss, image, torch.optim.Adam([image], lr=0.02, betas=(0.9, 0.99)), clamp=True)


def gram_matrices(levels, content_weight, style_weight, variation, optimizer):
    def gram(f):
        f = f[0].flatten(1)
        return f @ f.T / f.numel()

    content = features(caffe_input(CONTENT_PICTURE * levels), "constant")[CONTENT]
    targets = features(caffe_input(STYLE_PICTURE * levels), "constant")

    def loss(x):
        found = features(caffe_input(x), "constant")
        total = content_weight * (found[CONTENT] - content).square().mean() + 0.001 * variation(x)
        for name in STYLE:
            total = total + style_weight * (gram(found[name]) - gram(targets[name])).square().mean()
        return total

    image = (CONTENT_PICTURE * levels).requires_grad_()
    return curve(loss, image, optimizer(image))


def lbfgs(image):
    return torch.optim.LBFGS([image], max_iter=STEPS, tolerance_grad=-1, tolerance_change=-1, history_size=100)


def adam(image):
    return torch.optim.Adam([image], lr=10, betas=(0.9, 0.999))


def curve(loss, image, optimizer, clamp=False):
    losses = []

    def closure():
        optimizer.zero_grad()
        value = loss(image)
        value.backward()
        losses.append(value.item())
        return value

    while len(losses) < STEPS:
        optimizer.step(closure)
        if clamp:
            with torch.no_grad():
                image.clamp_(0, 1)
    return losses


def absolute(x):
    return (x[..., 1:] - x[..., :-1]).abs().sum() + (x[..., 1:, :] - x[..., :-1, :]).abs().sum()


def inner(x):
    corner = x[..., :-1, :-1]
    return ((x[..., :-1, 1:] - corner).square().sum() + (x[..., 1:, :-1] - corner).square().sum()) / 2


print(
    json.dumps(
        {
            "crowsonkb": crowsonkb(),
            "gatys": gram_matrices(255, 1, 1000, lambda x: 0, lbfgs),
            # L-BFGS overshoots here, by an amount that depends on rounding.
            "jcjohnson": gram_matrices(256, 5, 100, inner, adam),
            "neural-style-pt": gram_matrices(255, 5, 100, absolute, lbfgs),
        },
        indent=2,
    )
)
