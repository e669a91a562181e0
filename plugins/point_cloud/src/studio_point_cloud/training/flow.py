"""What draws tokens: a transformer that carries noise to tokens along nearly straight lines.

Rectified flow (Liu et al. 2023, "Flow Straight and Fast", section 2.1; Lipman et al. 2023, "Flow
Matching for Generative Modeling", section 4.1) with the transformer of Peebles and Xie 2023,
"Scalable Diffusion Models with Transformers", section 3.2: adaptive layer norms steered by time and
label, here with one projection for all blocks (Chen et al. 2024, "PixArt-alpha", section 2.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_point_cloud.training.autoencoder import CODE, TOKENS, attend


@dataclass(frozen=True)
class FlowConfig:
    """Shape of the transformer.

    Attributes:
        labels: Number of labels; one more row stands for any.
        width: Width of the transformer, a multiple of 64.
        depth: Blocks.
    """

    labels: int = 14
    width: int = 256
    depth: int = 6


class SteeredBlock(nn.Module):
    """Attention and a feed-forward network, each scaled, shifted and gated by time and label."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // 64)
        self.look = nn.Linear(width, 3 * width, bias=False)
        self.gather = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)
        self.shifts = nn.Parameter(torch.randn(6, width) / math.sqrt(width))

    def forward(self, x: Tensor, steer: Tensor) -> Tensor:
        """Map tokens [N, T, width] and steering [N, 6, width] to tokens."""
        a, b, c, d, e, f = (steer + self.shifts).to(x.dtype)[:, :, None].unbind(1)
        heads = self.look(norm(x) * (1 + a) + b).unflatten(2, (3, self.heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        x = x + c * self.gather(attend(norm(query), norm(key), value))
        h = functional.gelu(self.widen(norm(x) * (1 + d) + e), approximate="tanh")
        y: Tensor = x + f * self.narrow(h)
        return y


def norm(x: Tensor) -> Tensor:
    """Scale the last axis to unit root mean square (Zhang and Sennrich 2019)."""
    return x * torch.rsqrt(x.float().square().mean(dim=-1, keepdim=True) + 1e-6).to(x.dtype)


class Flow(nn.Module):
    """Where a point between noise and tokens is heading."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.enter = nn.Linear(CODE, width)
        self.places = nn.Parameter(0.02 * torch.randn(TOKENS, width))
        self.labels = nn.Embedding(config.labels + 1, width)
        self.time = nn.Sequential(nn.Linear(128, width), nn.SiLU(), nn.Linear(width, width))
        self.steer = nn.Linear(width, 6 * width)
        self.last = nn.Linear(width, 2 * width)
        self.exit = nn.Linear(width, CODE)
        self.blocks = nn.ModuleList(SteeredBlock(width) for _ in range(config.depth))
        nn.init.normal_(self.labels.weight, std=0.1)
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def forward(self, x: Tensor, time: Tensor, label: Tensor) -> Tensor:
        """Velocity [N, 64, 16] at points x [N, 64, 16].

        Args:
            x: Points between noise (time 0) and standardised tokens (time 1).
            time: [N], 0 to 1.
            label: [N], integers; the last stands for any.
        """
        waves = torch.exp(torch.linspace(0.0, math.log(1000.0), 64, device=x.device))
        angles = time[:, None] * waves
        told = self.time(torch.cat([angles.cos(), angles.sin()], dim=1)) + self.labels(label)
        told = functional.silu(told)
        steer = self.steer(told).unflatten(1, (6, -1))
        h = self.enter(x) + self.places
        for block in self.blocks:
            h = block(h, steer)
        scale, shift = self.last(told)[:, None].chunk(2, dim=2)
        out: Tensor = self.exit(norm(h) * (1 + scale) + shift)
        return out.float()
