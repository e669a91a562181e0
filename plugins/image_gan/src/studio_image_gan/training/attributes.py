"""What a slider can change: things that can be measured of a picture."""

from __future__ import annotations

import torch
from torch import Tensor

NAMES = ("brightness", "warmth", "tint", "colour", "size", "width", "detail")


def attributes(pictures: Tensor) -> Tensor:
    """Measure premultiplied pictures [N, 4, H, W] in 0..1: [N, 7] in the order of `NAMES`.

    Brightness, warmth (red over blue), tint (magenta over green) and colour (saturation) are means
    over what is visible; size is the share of the picture that is; width is how much further it
    spreads sideways than up and down; detail is how much neighbouring pixels differ.
    """
    rgb, alpha = pictures[:, :3], pictures[:, 3]
    visible = alpha.sum(dim=(1, 2)) + 1e-3
    red, green, blue = rgb.unbind(1)
    low, high = rgb.amin(dim=1), rgb.amax(dim=1)
    steps = pictures.diff(dim=2).abs().sum(dim=(1, 2, 3)) + pictures.diff(dim=3).abs().sum(
        dim=(1, 2, 3)
    )
    maps = (rgb.mean(dim=1), red - blue, (red + blue) / 2 - green, high - low)
    means = [each.sum(dim=(1, 2)) / visible for each in maps]
    spread = _spread(alpha.sum(dim=1)) - _spread(alpha.sum(dim=2))
    return torch.stack([*means, alpha.mean(dim=(1, 2)), spread, steps / visible], dim=1)


def _spread(weights: Tensor) -> Tensor:
    """Deviation of the place along [N, L], in shares of L, weighted."""
    length = weights.shape[1]
    place = torch.arange(length) / length
    total = weights.sum(dim=1) + 1e-3
    mean = (weights * place).sum(dim=1) / total
    square = (weights * place.square()).sum(dim=1) / total
    return (square - mean.square()).clamp(min=0).sqrt()
