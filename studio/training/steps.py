"""What one step of a training is put together from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Progress:
    """Where training stands: steps done, and steps to do in all."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return self.done / max(self.total, 1)

    def pace(self, warm: int = 100) -> float:
        """The learning rate's factor: up over `warm` steps, then along a cosine to a fiftieth."""
        rising = min(1.0, (self.done + 1) / warm)
        return rising * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * self.share)))


def half_precision(device: str, enabled: bool) -> torch.autocast:
    """Run what follows in bfloat16, where the recipe says so."""
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter of an optimiser one learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def descend(
    loss: Tensor, *optimisers: torch.optim.Optimizer, clipped: Iterable[Tensor] = ()
) -> None:
    """Take one step down the gradient of a loss.

    Args:
        loss: A scalar.
        optimisers: What takes the step.
        clipped: Parameters whose gradient is cut to a norm of one.
    """
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(clipped, 1.0)
    for optimiser in optimisers:
        optimiser.step()


def follow(average: nn.Module, network: nn.Module, weight: float) -> None:
    """Move an average of a network's weights towards it by a share `weight`, 0 to 1, of the way."""
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)


def channels_last(network: N) -> N:
    """Lay convolution weights out with channels last, which is faster on processors."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
