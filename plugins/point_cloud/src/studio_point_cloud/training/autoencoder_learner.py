"""One training step of the autoencoder."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.training.steps import Progress, half_precision
from studio_point_cloud.training.autoencoder import (
    TRUNCATION,
    AutoencoderConfig,
    Decoder,
    Encoder,
    Field,
)
from studio_point_cloud.training.draws import Batch, Drawer
from studio_point_cloud.training.steps import advance, fall, follow_slowly, optimisers

HELD = ("held_distance", "held_colour", "held_nats", "held_overlap")
LOSSES = ("distance", "colour", "nats", *HELD)
_COLOURED = 0.05  # colours count as far from the surface as this


@dataclass(frozen=True)
class AutoencoderRecipe:
    """How the autoencoder learns.

    Attributes:
        rate: Learning rate at its highest.
        colour: What a colour's error costs.
        nat: What a nat of a token's number costs.
        warm: Share of the training over which that cost grows from nothing.
        forget: Of the moving average of the weights, for each step.
        bfloat16: Whether products are taken in bfloat16.
    """

    rate: float = 1.5e-3
    colour: float = 0.5
    nat: float = 3e-3
    warm: float = 0.1
    forget: float = 0.997
    bfloat16: bool = True


class Trio(nn.Module):
    """Encoder, decoder and field."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.field = Field(config)


class AutoencoderLearner:
    """The networks, their averages, and the optimisers."""

    def __init__(
        self,
        config: AutoencoderConfig,
        recipe: AutoencoderRecipe,
        drawer: Drawer,
        train: NDArray[np.int64],
        device: str = "cpu",
    ) -> None:
        self.config, self.recipe = config, recipe
        self._drawer, self._train = drawer, train
        self._device = torch.device(device)
        self._trio = Trio(config).to(self._device)
        self.average = copy.deepcopy(self._trio).requires_grad_(False).eval()
        self.networks: dict[str, nn.Module] = {"trio": self._trio, "average": self.average}
        blocks = (self._trio.encoder.blocks, self._trio.decoder.blocks)
        self.optimisers = optimisers(self._trio, blocks, recipe.rate)

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Learn from a batch of shapes; gives the losses."""
        recipe = self.recipe
        drawn = self._drawer.batch(rng.choice(self._train, batch, replace=False), rng)
        noise = torch.from_numpy(rng.standard_normal((batch, 64, 16), np.float32))
        distance, colour, nats = self.losses(self._trio, drawn, noise)
        price = recipe.nat * min(1.0, progress.share / recipe.warm)
        loss = distance + recipe.colour * colour + price * nats
        advance(self._trio, loss, self.optimisers, recipe.rate * fall(progress))
        follow_slowly(self.average, self._trio, progress, recipe.forget)
        found = {"distance": distance, "colour": colour, "nats": nats}
        return {name: float(value.detach()) for name, value in found.items()}

    def losses(self, trio: Trio, batch: Batch, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Error of the distance, in truncations; error of the colour; nats of a token's number."""
        voxels, places, distances, tints = (
            each.to(self._device)
            for each in (batch.voxels, batch.places, batch.distances, batch.tints)
        )
        with half_precision(self._device.type, self.recipe.bfloat16):
            mean, spread = trio.encoder(voxels)
            mean, spread = mean.float(), spread.float()
            grid = trio.decoder(mean + (0.5 * spread).exp() * noise.to(self._device))
            found, colours = trio.field(grid, places)
        error = distance_error(found, distances)
        near = (distances.abs() < _COLOURED).float()
        colour = (colours - tints).abs().mean(dim=2)
        nats = 0.5 * (mean.square() + spread.exp() - 1 - spread).mean()
        return error.mean(), (colour * near).sum() / near.sum().clamp(min=1), nats

    def keep_encoder(self) -> None:
        """Train only what reads tokens from here on: the averaged encoder stays as it is.

        Then tokens mean the same before and after, and a flow that learned them goes on from them.
        """
        encoder = self._trio.encoder
        encoder.load_state_dict(self.average.encoder.state_dict())
        encoder.requires_grad_(False)

    def check(self, shapes: NDArray[np.int64], part: int = 32) -> dict[str, float]:
        """What the averaged networks get wrong in shapes not trained on."""
        totals = np.zeros(4)
        with torch.no_grad():
            for begin in range(0, len(shapes), part):
                some = shapes[begin : begin + part]
                batch = self._drawer.plain(some)
                noise = torch.zeros(len(some), 64, 16)
                losses = [float(x) for x in self.losses(self.average, batch, noise)]
                totals += len(some) * np.array([*losses, self._overlap(batch)])
        return dict(zip(HELD, (totals / len(shapes)).tolist(), strict=True))

    def _overlap(self, batch: Batch) -> float:
        """Intersection over union of inside, over the places that are close to the surface."""
        with half_precision(self._device.type, self.recipe.bfloat16):
            mean, _ = self.average.encoder(batch.voxels.to(self._device))
            grid = self.average.decoder(mean)
            found, _ = self.average.field(grid, batch.places.to(self._device))
        a, b = found.cpu() < 0, batch.distances < 0
        return float(((a & b).sum(dim=1) / (a | b).sum(dim=1).clamp(min=1)).mean())


def distance_error(found: Tensor, wanted: Tensor) -> Tensor:
    """Absolute error in truncations; what is rightly beyond the truncation is no error."""
    near = (found - wanted).abs()
    short = (TRUNCATION - found * wanted.sign()).clamp(min=0)
    return torch.where(wanted.abs() < TRUNCATION, near, short) / TRUNCATION
