"""What the learners have in common: optimisers, learning rates and moving averages."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from studio.training.steps import Progress, descend, follow, set_rate

Optimisers = dict[str, torch.optim.Optimizer]


def optimisers(network: nn.Module, blocks: Iterable[nn.Module], rate: float) -> Optimisers:
    """Muon (Jordan et al. 2024) for the matrices of transformer blocks, AdamW for all else.

    Muon needs about half the steps of AdamW.
    """
    inside = (p for block in blocks for p in block.parameters())
    matrices = [p for p in inside if p.ndim == 2 and min(p.shape) > 6]
    chosen = set(map(id, matrices))
    others = [p for p in network.parameters() if id(p) not in chosen]
    return {
        "muon": torch.optim.Muon(matrices, rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        "adam": torch.optim.AdamW(others, rate, betas=(0.9, 0.95), weight_decay=0.0),
    }


def advance(network: nn.Module, loss: Tensor, used: Optimisers, rate: float) -> None:
    """Take a step down the loss, a scalar.

    Raises:
        FloatingPointError: The loss is not finite.
    """
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {float(loss)}")
    for optimiser in used.values():
        set_rate(optimiser, rate)
    descend(loss, *used.values(), clipped=network.parameters())


def fall(progress: Progress, after: float = 0.4, warm: int = 100) -> float:
    """The learning rate's factor: up over a few steps, flat, then linearly down."""
    rising = min(1.0, (progress.done + 1) / warm)
    return rising * min(1.0, (1.0 - progress.share) / (1.0 - after)) + 1e-3


def follow_slowly(
    average: nn.Module, network: nn.Module, progress: Progress, forget: float
) -> None:
    """Let an average follow, with a short memory at first: the first weights are no good."""
    follow(average, network, 1 - min(forget, (1 + progress.done) / (10 + progress.done)))
