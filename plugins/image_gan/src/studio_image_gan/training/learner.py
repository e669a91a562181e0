"""What the training loop asks of the networks it trains."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from studio.training.steps import follow

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Progress:
    """Where training stands: images shown so far, images to show in all, steps taken."""

    shown: int
    total: int
    steps: int

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return self.shown / self.total


class Learner(Protocol):
    """Networks that can take a training step."""

    networks: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train on a batch: premultiplied pictures [N, 4, H, W] in 0..1, or what the learner made
        of them beforehand, and one-hot classes [N, C].
        """

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Premultiplied pictures [N, 4, H, W] in 0..1 from the networks as they are now."""


class Average:
    """The exponential moving average of a network's weights (Karras et al. 2018, section 4.1)."""

    def __init__(self, network: N, half_life: int) -> None:
        self.network = network
        self.copy: N = copy.deepcopy(network).requires_grad_(False).eval()
        self.half_life = half_life

    def follow(self, batch: int, shown: int) -> None:
        """Move on after a batch; `half_life` images later it will count half."""
        # A short memory at the start, or the first bad pictures would linger.
        half_life = min(self.half_life, 0.05 * (shown + batch))
        weight = 1.0 - 0.5 ** (batch / half_life)
        follow(self.copy, self.network, weight)
