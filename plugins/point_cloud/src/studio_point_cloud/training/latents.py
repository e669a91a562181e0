"""Tokens of the shapes trained on, each changed in several ways: what the flow learns to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.training.checkpoint import read_checkpoint, write_checkpoint
from studio.training.steps import half_precision
from studio_point_cloud.training.autoencoder import Encoder
from studio_point_cloud.training.draws import Change, Drawer

_PART = 32


@dataclass(frozen=True)
class Latents:
    """Tokens of shapes.

    Attributes:
        mean, spread: [L, 64, 16], of the encoder's Gaussians; spread is the log variance.
        shapes: [L], which shape each is.
    """

    mean: Tensor
    spread: Tensor
    shapes: NDArray[np.int64]

    @property
    def centre(self) -> Tensor:
        """[16], the mean of each channel."""
        return self.mean.mean(dim=(0, 1))

    @property
    def deviation(self) -> Tensor:
        """[16], of each channel, what the encoder is uncertain of included."""
        variance = (self.mean - self.centre).square() + self.spread.exp()
        return variance.mean(dim=(0, 1)).sqrt()


def latents_of(
    encoder: Encoder, drawer: Drawer, shapes: NDArray[np.int64], times: int, seed: int, half: bool
) -> Latents:
    """The encoder's Gaussians of shapes, each changed in so many ways.

    Args:
        encoder: The averaged encoder.
        drawer: What draws points of the shapes.
        shapes: Which shapes.
        times: How often each is drawn.
        seed: All chance comes from it.
        half: Whether products are taken in bfloat16.
    """
    device = next(encoder.parameters()).device
    every = np.repeat(shapes, times)
    means, spreads = [], []
    for begin in range(0, len(every), _PART):
        rows = []
        for place in range(begin, min(begin + _PART, len(every))):
            rng = np.random.default_rng([seed, place])
            # Never up to the sides of the cube: there a shape would be cut open.
            change = Change.draw(rng, largest=0.95)
            rows.append(drawer.seen(int(every[place]), change, rng))
        voxels = torch.from_numpy(np.stack(rows)).to(device)
        with torch.no_grad(), half_precision(device.type, half):
            mean, spread = encoder(voxels)
        means.append(mean.float().cpu())
        spreads.append(spread.float().cpu())
    return Latents(torch.cat(means), torch.cat(spreads), every)


def kept(file: Path, facts: dict[str, Any], make: Callable[[], Latents]) -> Latents:
    """What `make` gives, kept in a file from one run to the next as long as the facts are the same.

    To make them takes minutes, and a run may be stopped and taken up often.
    """
    if file.exists():
        tensors, found = read_checkpoint(file)
        if found == facts:
            return Latents(tensors["mean"], tensors["spread"], tensors["shapes"].numpy())
    made = make()
    shapes = torch.from_numpy(made.shapes)
    write_checkpoint(file, {"mean": made.mean, "spread": made.spread, "shapes": shapes}, facts)
    return made
