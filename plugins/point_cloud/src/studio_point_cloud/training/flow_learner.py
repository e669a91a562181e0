"""One training step of the flow: learn where points between noise and tokens are heading.

Flow matching (Lipman et al. 2023, section 4.1) with times drawn as in Esser et al. 2024, "Scaling
Rectified Flow Transformers", section 3.1. What a shape is called is told as precisely as is known,
or only its class, or not at all; the last is what guidance leads away from (Ho and Salimans 2022,
"Classifier-Free Diffusion Guidance").
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.training.steps import Progress, half_precision
from studio_point_cloud.training.flow import Flow, FlowConfig
from studio_point_cloud.training.latents import Latents
from studio_point_cloud.training.steps import advance, fall, follow_slowly, optimisers

LOSSES = ("flow",)


@dataclass(frozen=True)
class FlowRecipe:
    """How the flow is trained.

    Attributes:
        rate: Learning rate at its highest.
        finer: Share of shapes told by their finer label, if they have one.
        withheld: Share of shapes of which nothing is told.
        forget: Of the moving average of the weights, for each step.
        bfloat16: Whether products are taken in bfloat16.
    """

    rate: float = 1e-3
    finer: float = 0.5
    withheld: float = 0.15
    forget: float = 0.998
    bfloat16: bool = True


class Standard(nn.Module):
    """What tokens are standardised by, kept with the flow: mean and deviation, [16] each."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)


class FlowLearner:
    """The flow, its average, and the optimisers.

    Args:
        config: Shape of the flow.
        recipe: How it learns.
        latents: What it learns to draw.
        classes: Of each shape, the index of its class.
        finer: Of each shape, the index of its finer label, or -1.
        device: Where it learns.
    """

    def __init__(
        self,
        config: FlowConfig,
        recipe: FlowRecipe,
        latents: Latents,
        classes: NDArray[np.int64],
        finer: NDArray[np.int64],
        device: str = "cpu",
    ) -> None:
        self.config, self.recipe, self._latents = config, recipe, latents
        self._classes, self._finer = classes[latents.shapes], finer[latents.shapes]
        self._device = torch.device(device)
        self._flow = Flow(config).to(self._device)
        self.average = copy.deepcopy(self._flow).requires_grad_(False).eval()
        self.standard = Standard(latents.centre, latents.deviation)
        self.networks: dict[str, nn.Module] = {
            "flow": self._flow,
            "average": self.average,
            "standard": self.standard,
        }
        self.optimisers = optimisers(self._flow, self._flow.blocks, recipe.rate)

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Learn from a batch of tokens; gives the loss."""
        chosen = rng.integers(len(self._classes), size=batch)
        tokens, noise = self._tokens(chosen, rng), _normal(rng, batch)
        time = torch.sigmoid(torch.from_numpy(rng.standard_normal(batch, np.float32)))
        between = torch.lerp(noise, tokens, time[:, None, None])
        told = torch.from_numpy(self.told(chosen, rng))
        device, recipe = self._device, self.recipe
        with half_precision(device.type, recipe.bfloat16):
            heading = self._flow(between.to(device), time.to(device), told.to(device))
        loss = functional.mse_loss(heading, (tokens - noise).to(device))
        advance(self._flow, loss, self.optimisers, recipe.rate * fall(progress))
        follow_slowly(self.average, self._flow, progress, recipe.forget)
        return {"flow": float(loss.detach())}

    def told(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """What the flow is told of each: finer label, class, or the last label, which is any."""
        recipe, chance = self.recipe, rng.random(len(chosen))
        fine = (self._finer[chosen] >= 0) & (chance < recipe.finer)
        labels = np.where(fine, self._finer[chosen], self._classes[chosen])
        return np.where(chance > 1 - recipe.withheld, self.config.labels, labels)

    def _tokens(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        """Standardised tokens drawn from the encoder's Gaussians."""
        mean, spread = self._latents.mean[chosen], self._latents.spread[chosen]
        tokens = mean + (0.5 * spread).exp() * _normal(rng, len(chosen))
        standardised: Tensor = (tokens - self.standard.mean) / self.standard.deviation
        return standardised


def _normal(rng: np.random.Generator, count: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal((count, 64, 16), np.float32))
