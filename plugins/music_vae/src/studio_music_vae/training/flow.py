"""The learned prior: a transformer that carries noise to the codes of up to eight segments.

The codes that the encoder gives to real music are not spread as a standard normal distribution is,
and those of neighbouring bars belong together. Rectified flow (Liu et al. 2023, "Flow Straight and
Fast", section 2.1; Lipman et al. 2023, "Flow Matching for Generative Modeling", section 4.1) learns
both, with the adaptive layer norms of Peebles and Xie 2023, "Scalable Diffusion Models with
Transformers", section 3.2. Every segment has a time of its own (Chen et al. 2024, "Diffusion
Forcing"): one that is known stays at time 1 while those that continue it come from noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_music_vae.grid import SEGMENTS


@dataclass(frozen=True)
class FlowConfig:
    """Shape of the transformer.

    Attributes:
        code: Numbers in the code of a segment.
        classes: Modes or styles it can be told; a further entry stands for none.
        width, depth, heads: Of the transformer.
    """

    code: int
    classes: int
    width: int = 192
    depth: int = 4
    heads: int = 4

    @property
    def told(self) -> int:
        """Numbers it is told of a phrase: classes, none of them, density, whether density is."""
        return self.classes + 3


class FlowBlock(nn.Module):
    """Attention and a feed-forward network, each scaled, shifted and gated by what is told."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.project, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.shifts = nn.Parameter(torch.randn(6, width) / math.sqrt(width))

    def forward(self, x: Tensor, steer: Tensor) -> Tensor:
        """Map segments [N, S, width] and steering [N, S, 6, width] to segments."""
        a, b, c, d, e, f = (steer + self.shifts).unbind(2)
        x = x + c * self.mix(attend(self.project(norm(x) * (1 + a) + b), self.heads))
        out: Tensor = x + f * self.narrow(functional.gelu(self.widen(norm(x) * (1 + d) + e)))
        return out


def attend(projected: Tensor, heads: int) -> Tensor:
    """Attention of everything to everything; queries, keys and values are [N, S, 3 width]."""
    n, length, width = projected.shape
    split = projected.view(n, length, 3, heads, width // 3 // heads)
    queries, keys, values = split.permute(2, 0, 3, 1, 4)
    mixed = functional.scaled_dot_product_attention(queries, keys, values)
    return mixed.transpose(1, 2).reshape(n, length, width // 3)


def norm(x: Tensor) -> Tensor:
    """Scale the last axis to unit root mean square (Zhang and Sennrich 2019)."""
    return x * torch.rsqrt(x.float().square().mean(dim=-1, keepdim=True) + 1e-6)


class Flow(nn.Module):
    """Where points between noise and codes are heading."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.entry = nn.Linear(config.code, width)
        self.places = nn.Parameter(torch.randn(SEGMENTS, width) * 0.1)
        self.lengths = nn.Parameter(torch.randn(SEGMENTS, width) * 0.1)
        self.know = nn.Linear(config.told, width)
        self.time = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        self.steer = nn.Linear(width, 6 * width)
        self.last = nn.Linear(width, 2 * width)
        self.exit = nn.Linear(width, config.code)
        self.blocks = nn.ModuleList(FlowBlock(config) for _ in range(config.depth))
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def forward(self, x: Tensor, time: Tensor, told: Tensor) -> Tensor:
        """Velocity [N, S, code] at points x [N, S, code].

        Args:
            x: Points between noise (time 0) and codes (time 1), of 1 to 8 segments.
            time: Of each segment, [N, S].
            told: What is known of the phrase, [N, told]: see `FlowConfig`.
        """
        length = x.shape[1]
        waves = torch.exp(torch.linspace(0.0, math.log(1000.0), 32, device=x.device))
        angles = time[..., None] * waves
        known = self.time(torch.cat([angles.cos(), angles.sin()], dim=-1))
        known = functional.silu(known + (self.know(told) + self.lengths[length - 1])[:, None])
        steer = self.steer(known).view(*x.shape[:2], 6, self.config.width)
        h = self.entry(x) + self.places[:length]
        for block in self.blocks:
            h = block(h, steer)
        scale, shift = self.last(known).chunk(2, dim=-1)
        velocity: Tensor = self.exit(norm(h) * (1 + scale) + shift)
        return velocity.float()
