"""How far two styles are apart."""

from torch import Tensor

# Means [pictures, channels, 1] and covariances [pictures, channels, channels].
Moments = tuple[Tensor, Tensor]


def moments(features: Tensor) -> Moments:
    """Means and covariances of the channels over the positions of [pictures, channels, height, width]."""
    rows = features.flatten(2)
    mean = rows.mean(2, keepdim=True)
    deviations = rows - mean
    return mean, deviations @ deviations.transpose(1, 2) / rows.shape[2]


def style_distance(features: Tensor, wanted: Moments) -> Tensor:
    """The squared differences of means and of covariances, each relative to those wanted, summed over the pictures.

    Being relative, each picture of a batch pulls alike.
    """
    mean, covariance = moments(features)
    wanted_mean, wanted_covariance = wanted
    return relative_squares(mean, wanted_mean) + relative_squares(covariance, wanted_covariance)


def relative_squares(found: Tensor, wanted: Tensor) -> Tensor:
    """Σ(found − wanted)² / Σ wanted² of each picture, summed over the pictures."""
    return (((found - wanted) ** 2).sum((1, 2)) / (wanted**2).sum((1, 2)).clamp_min(1e-6)).sum()
