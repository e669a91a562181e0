"""Two lines of torch that its type stubs do not know."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)


def channels_last(network: N) -> N:
    """Lay convolution weights out with channels last, which is faster on processors."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step of an optimiser down the gradient of a loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
