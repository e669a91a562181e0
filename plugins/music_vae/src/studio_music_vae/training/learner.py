"""What the training loop asks of the networks it trains, and what all of them share."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from studio.api import Score


@dataclass(frozen=True)
class Progress:
    """Where training stands: steps taken, steps to take in all."""

    steps: int
    total: int


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
        with torch.no_grad():
            torch._foreach_lerp_(list(self.copy.parameters()), list(network.parameters()), weight)


def optimiser_of(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with a short memory of squares."""
    return torch.optim.AdamW(
        network.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )


def descend(
    loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer, rate: float, at: Progress
) -> None:
    """One step down: a linear warm-up over 100 steps, then a cosine to a fiftieth."""
    cosine = 0.5 + 0.5 * math.cos(math.pi * at.steps / max(at.total, 1))
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, (at.steps + 1) / 100) * (0.02 + 0.98 * cosine)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs do not type it
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()


def half_precision(device: str, enabled: bool) -> torch.autocast:
    """Run what follows in bfloat16, where the recipe says so."""
    return torch.autocast(device, torch.bfloat16, enabled=enabled)
