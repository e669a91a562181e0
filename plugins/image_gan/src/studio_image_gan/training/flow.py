"""What draws codes: a small transformer that carries noise to codes along nearly straight lines.

Rectified flow (Liu et al. 2023, "Flow Straight and Fast", section 2.1; Lipman et al. 2023, "Flow
Matching for Generative Modeling", section 4.1) with the transformer of Peebles and Xie 2023,
"Scalable Diffusion Models with Transformers", section 3.2: adaptive layer norms steered by time and
class, here with one projection for all blocks (Chen et al. 2024, "PixArt-alpha", section 2.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_image_gan.space import CELLS


@dataclass(frozen=True)
class FlowConfig:
    """Shape of the transformer.

    Attributes:
        code: Numbers to each of the 8x8 places.
        classes: Number of classes; one more row stands for no class at all.
        width: Width of the transformer: less than 128, or a multiple of 64.
        depth: Blocks.
        patch: Width of the squares of places that make one token.
    """

    code: int = 8
    classes: int = 8
    width: int = 192
    depth: int = 8
    patch: int = 2

    @property
    def heads(self) -> int:
        """Attention heads, 64 numbers wide each."""
        return max(1, self.width // 64)

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return (CELLS // self.patch) ** 2


class Block(nn.Module):
    """Attention and a feed-forward network, each scaled, shifted and gated by time and class."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)
        self.shifts = nn.Parameter(torch.randn(6, width) / math.sqrt(width))

    def forward(self, x: Tensor, steer: Tensor) -> Tensor:
        """Map tokens [N, T, width] and steering [N, 6, width] to tokens."""
        a, b, c, d, e, f = (steer + self.shifts).to(x.dtype)[:, :, None].unbind(1)
        n, t, w = x.shape
        q, k, v = self.qkv(norm(x) * (1 + a) + b).view(n, t, 3, self.heads, -1).unbind(2)
        q, k = norm(q).transpose(1, 2), norm(k).transpose(1, 2)
        # Sixteen tokens: written out it is faster, and exports to fewer nodes, than torch's own.
        alike = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5)
        seen = torch.softmax(alike.float(), dim=-1).to(v.dtype) @ v.transpose(1, 2)
        x = x + c * self.merge(seen.transpose(1, 2).reshape(n, t, w))
        h = functional.gelu(self.widen(norm(x) * (1 + d) + e), approximate="tanh")
        out: Tensor = x + f * self.narrow(h)
        return out


def norm(x: Tensor) -> Tensor:
    """Scale the last axis to unit root mean square (Zhang and Sennrich 2019)."""
    return x * torch.rsqrt(x.float().square().mean(dim=-1, keepdim=True) + 1e-6).to(x.dtype)


class Flow(nn.Module):
    """Where a point between noise and code is heading."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        width, inside = config.width, config.code * config.patch**2
        self.entry = nn.Linear(inside, width)
        self.places = nn.Parameter(torch.randn(config.tokens, width) * 0.02)
        self.classes = nn.Linear(config.classes + 1, width, bias=False)
        self.time = nn.Sequential(nn.Linear(128, width), nn.SiLU(), nn.Linear(width, width))
        self.steer = nn.Linear(width, 6 * width)
        self.last = nn.Linear(width, 2 * width)
        self.exit = nn.Linear(width, inside)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def forward(self, x: Tensor, time: Tensor, classes: Tensor) -> Tensor:
        """Velocity [N, code, 8, 8] at points x [N, code, 8, 8].

        Args:
            x: Points between noise (time 0) and codes (time 1).
            time: [N], 0 to 1.
            classes: [N, classes + 1]; one-hot or blended, the last entry for no class at all.
        """
        config = self.config
        waves = torch.exp(torch.linspace(0.0, math.log(1000.0), 64, device=x.device))
        angles = time[:, None] * waves
        told = self.time(torch.cat([angles.cos(), angles.sin()], dim=1)) + self.classes(classes)
        told = functional.silu(told)
        steer = self.steer(told).view(-1, 6, config.width)
        patches = functional.pixel_unshuffle(x, config.patch).flatten(2).transpose(1, 2)
        h = self.entry(patches) + self.places.to(x.dtype)
        for block in self.blocks:
            h = block(h, steer)
        scale, shift = self.last(told)[:, None].chunk(2, dim=2)
        out = self.exit(norm(h) * (1 + scale) + shift).transpose(1, 2)
        side = CELLS // config.patch
        maps = out.reshape(x.shape[0], -1, side, side)
        return functional.pixel_shuffle(maps, config.patch).float()
