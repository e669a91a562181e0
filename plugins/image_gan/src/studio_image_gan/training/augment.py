"""Differentiable augmentation of premultiplied pictures.

After Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", section 3.2:
the same random operations are applied to real and generated pictures, and gradients flow through
them. All work on premultiplied RGBA in 0..1, where emptiness is zero: what is shifted in or cut out
is transparent, and colour changes leave transparent pixels transparent.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class AdaptiveAugment(nn.Module):
    """Augments a share of the pictures, and finds that share itself.

    Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", section 3.1:
    the share grows when the discriminator overfits, which shows in how often it puts a real picture
    above the generated one it is paired with, and shrinks when it does not.

    Args:
        target: Mean of sign(D(real) - D(generated)) to steer for.
        reach: Pictures over which the share may go from nothing to all.
    """

    share: Tensor

    def __init__(self, target: float = 0.6, reach: int = 50_000) -> None:
        super().__init__()
        self.target, self.reach = target, reach
        self.register_buffer("share", torch.zeros(()))

    def forward(self, pictures: Tensor, rng: torch.Generator) -> Tensor:
        """Augment a random share of [N, 4, H, W]."""
        chosen = _uniform(len(pictures), rng) < self.share
        return torch.where(chosen, augment(pictures, rng), pictures)

    def adjust(self, margins: Tensor) -> None:
        """Move the share after a batch whose score differences, real less generated, are [N]."""
        direction = (margins.sign().mean() - self.target).sign()
        self.share.add_(direction * len(margins) / self.reach).clamp_(0.0, 1.0)


def augment(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Apply colour, opacity, translation and cutout to [N, 4, H, W], each picture on its own."""
    return cutout(translate(opacity(colour(pictures, rng), rng), rng), rng)


def colour(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Change brightness (+-0.2), saturation (0.5..1.5) and contrast (0.75..1.25) of the colour.

    That is half the range of the paper or less: sprites live from their colours.
    """
    count = pictures.shape[0]
    rgb, alpha = pictures[:, :3], pictures[:, 3:]
    rgb = rgb + (_uniform(count, rng) - 0.5) * 0.4 * alpha
    grey = rgb.mean(dim=1, keepdim=True)
    rgb = grey + (rgb - grey) * (_uniform(count, rng) + 0.5)
    # The mean colour of what is visible, so that the size of a sprite does not matter.
    mean = rgb.sum(dim=(1, 2, 3), keepdim=True) / (3.0 * alpha.sum(dim=(2, 3), keepdim=True) + 1e-3)
    rgb = mean * alpha + (rgb - mean * alpha) * (_uniform(count, rng) * 0.5 + 0.75)
    return torch.cat([rgb, alpha], dim=1)


def opacity(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Fade whole pictures to between 60 and 100 per cent; half of them stay as they are."""
    count = pictures.shape[0]
    keep = (_uniform(count, rng) < 0.5).to(pictures.dtype)
    factor = 0.6 + 0.4 * _uniform(count, rng)
    return pictures * (keep + (1.0 - keep) * factor)


def translate(pictures: Tensor, rng: torch.Generator, ratio: float = 0.125) -> Tensor:
    """Shift each picture by up to `ratio` of its size in both directions, filling with nothing."""
    count, _, height, width = pictures.shape
    reach_y, reach_x = int(height * ratio + 0.5), int(width * ratio + 0.5)
    shift_y = torch.randint(-reach_y, reach_y + 1, (count, 1), generator=rng)
    shift_x = torch.randint(-reach_x, reach_x + 1, (count, 1), generator=rng)
    padded = functional.pad(pictures, (reach_x, reach_x, reach_y, reach_y))
    rows = torch.arange(height)[None] + shift_y + reach_y  # [N, H]
    columns = torch.arange(width)[None] + shift_x + reach_x  # [N, W]
    batch = torch.arange(count)[:, None, None]
    picked = padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def cutout(pictures: Tensor, rng: torch.Generator, ratio: float = 0.5) -> Tensor:
    """Empty one square of `ratio` of the size in each picture; it may hang over the edge."""
    count, _, height, width = pictures.shape
    side_y, side_x = int(height * ratio), int(width * ratio)
    top = torch.randint(-(side_y // 2), height - side_y // 2 + 1, (count, 1), generator=rng)
    left = torch.randint(-(side_x // 2), width - side_x // 2 + 1, (count, 1), generator=rng)
    rows, columns = torch.arange(height)[None], torch.arange(width)[None]
    in_rows = (rows >= top) & (rows < top + side_y)  # [N, H]
    in_columns = (columns >= left) & (columns < left + side_x)  # [N, W]
    hole = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    return pictures * (~hole).to(pictures.dtype)


def _uniform(count: int, rng: torch.Generator) -> Tensor:
    return torch.rand(count, 1, 1, 1, generator=rng)
