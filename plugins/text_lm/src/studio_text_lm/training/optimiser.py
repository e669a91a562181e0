"""The optimisers, and how their rates rise and fall.

Matrices within the network are moved by Muon (Jordan et al. 2024, "Muon: an optimizer for hidden
layers in neural networks"), scaled so that rates mean what they mean for Adam (Liu et al. 2025,
"Muon is scalable for LLM training"); embedding and gains by AdamW (Loshchilov & Hutter 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is trained.

    Attributes:
        muon_rate: Highest rate of Muon.
        adam_rate: Highest rate of AdamW.
        weight_decay: Decay of matrices, per step and unit of rate.
        batch: Tokens to a step.
        micro: Most tokens at once; steps are put together from these.
        warm_up: Share of the run in which the rates rise.
        flat: Share of the run after which the rates fall, in a line down to nothing.
        short: Share of the run in which windows are half as long as the context.
        clip: Most that the gradient's norm may be.
        bfloat16: Multiply matrices in bfloat16.
    """

    muon_rate: float = 5e-3
    adam_rate: float = 3e-3
    weight_decay: float = 0.1
    batch: int = 6144
    micro: int = 3072
    warm_up: float = 0.02
    flat: float = 0.35
    short: float = 0.65
    clip: float = 1.0
    bfloat16: bool = True


def rate(progress: float, recipe: Recipe) -> float:
    """Factor of the rates, 0..1, at a point of the run 0..1."""
    if progress < recipe.warm_up:
        return max(progress / recipe.warm_up, 0.02)
    return min(1.0, max(0.0, (1 - progress) / (1 - recipe.flat)))


def optimisers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for matrices of a Transformer's blocks, AdamW for everything else."""
    named = list(network.named_parameters())
    matrices = [weight for name, weight in named if is_hidden(name, weight)]
    others = [weight for name, weight in named if not is_hidden(name, weight)]
    adam = torch.optim.AdamW(
        others, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True
    )
    if not matrices:
        return [adam]
    muon = torch.optim.Muon(
        matrices,
        lr=recipe.muon_rate,
        weight_decay=recipe.weight_decay,
        momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )
    return [muon, adam]


def is_hidden(name: str, weight: torch.Tensor) -> bool:
    """Whether a parameter is a matrix from hidden vectors to hidden vectors."""
    return weight.ndim == 2 and name.endswith("_proj.weight")


def set_rates(found: list[torch.optim.Optimizer], recipe: Recipe, progress: float) -> None:
    """Give the optimisers the rates of a point of the run."""
    highest = {torch.optim.Muon: recipe.muon_rate, torch.optim.AdamW: recipe.adam_rate}
    for optimiser in found:
        for group in optimiser.param_groups:
            group["lr"] = highest[type(optimiser)] * rate(progress, recipe)
