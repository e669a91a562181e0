"""What the training loop asks of the networks it trains, and what all of them share."""

from __future__ import annotations

import copy
from typing import Protocol

import torch
from torch import Tensor, nn

from studio.api import Score
from studio.training.steps import Progress, follow


class Learner(Protocol):
    """Networks that can take a training step."""

    networks: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]
    state: dict[str, Tensor]

    def step(self, progress: Progress) -> dict[str, float]:
        """Draw a batch and train on it; losses by name."""

    def samples(self) -> dict[str, Score]:
        """Something to listen to, by name."""


class Average(nn.Module):
    """The moving average of a network's weights, which samples and exports are made with."""

    def __init__(self, network: nn.Module, memory: int = 300) -> None:
        super().__init__()
        self.copy = copy.deepcopy(network).requires_grad_(False).eval()
        self.memory = memory

    def follow(self, network: nn.Module, steps: int) -> None:
        """Move on after a step; a short memory at the start, or the first weights would linger."""
        weight = 1.0 / min(self.memory, 1 + steps / 10)
        follow(self.copy, network, weight)


def optimiser_of(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with a short memory of squares."""
    return torch.optim.AdamW(
        network.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
