"""The autoencoder of shapes: a grid of voxels to 64 tokens, and tokens to a field of distances.

A variational autoencoder (Kingma and Welling 2014) between transformers over patches (Dosovitskiy
et al. 2021). What it gives is not points but a field: features on a coarse grid, between which a
small network says of any place how far the surface is and of what colour (Peng et al. 2020,
"Convolutional Occupancy Networks", section 3; distances as in Park et al. 2019, "DeepSDF").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_point_cloud.voxels import CHANNELS, SIDE

TOKENS = 64  # 4 x 4 x 4 patches
CODE = 16  # numbers to a token
CELLS = 16  # of the grid of features, along each axis
TRUNCATION = 0.1  # distances beyond it all count the same
_PATCHES = 4


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape of the networks.

    Attributes:
        width: Width of the transformers, a multiple of 32.
        depth: Blocks of the decoder.
        looking: Blocks of the encoder.
        features: Numbers in each cell of the grid.
        hidden: Width of the network that reads the field.
    """

    width: int = 192
    depth: int = 4
    looking: int = 3
    features: int = 32
    hidden: int = 64

    @property
    def part(self) -> int:
        """Channels of an eighth of a patch."""
        return self.width // 2


class Block(nn.Module):
    """A transformer block (Vaswani et al. 2017; normalisation first)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // 32)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.look = nn.Linear(width, 3 * width, bias=False)
        self.gather = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens [N, T, width] to tokens."""
        heads = self.look(self.before(x)).unflatten(2, (3, self.heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.gather(attend(query, key, value))
        y: Tensor = x + self.narrow(
            functional.gelu(self.widen(self.between(x)), approximate="tanh")
        )
        return y


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of heads [N, H, T, size]; gives [N, T, H * size].

    Written out: for so few tokens it is faster than torch's own, and exports to fewer nodes.
    """
    alike = query @ key.transpose(-1, -2) * (query.shape[-1] ** -0.5)
    found = torch.softmax(alike.float(), dim=-1).to(value.dtype) @ value
    return found.transpose(1, 2).flatten(2)


class Encoder(nn.Module):
    """What the shape may be: a Gaussian over tokens."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        width, part = config.width, config.part
        eighth = (SIDE // (2 * _PATCHES)) ** 3 * CHANNELS
        self.eighths = nn.Linear(eighth, part)
        self.patches = nn.Linear(8 * part, width)
        self.places = nn.Parameter(0.02 * torch.randn(TOKENS, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(config.looking)))
        self.exit = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * CODE))

    def forward(self, voxels: Tensor) -> tuple[Tensor, Tensor]:
        """Map voxels [N, 32, 32, 32, 10] to mean and log variance, [N, 64, 16] each."""
        side = SIDE // (2 * _PATCHES)
        split = (_PATCHES, 2, side) * 3
        parts = voxels.reshape(-1, *split, CHANNELS).permute(0, 1, 4, 7, 2, 5, 8, 3, 6, 9, 10)
        parts = functional.gelu(self.eighths(parts.reshape(-1, TOKENS, 8, side**3 * CHANNELS)))
        x = self.patches(parts.flatten(2)) + self.places
        mean, spread = self.exit(self.blocks(x)).chunk(2, dim=2)
        return mean, spread.clamp(-10, 3)


class Decoder(nn.Module):
    """From tokens to features of 16x16x16 cells."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        width, part = config.width, config.part
        self.config = config
        self.enter = nn.Linear(CODE, width)
        self.places = nn.Parameter(0.02 * torch.randn(TOKENS, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(config.depth)))
        self.patches = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 8 * part))
        self.eighths = nn.Linear(part, 8 * config.features)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens [N, 64, 16] to [N, 16, 16, 16, features], index order x, y, z."""
        x = self.patches(self.blocks(self.enter(tokens) + self.places))
        x = self.eighths(functional.gelu(x.unflatten(2, (8, -1))))
        x = x.reshape(-1, *(_PATCHES,) * 3, *(2,) * 6, self.config.features)
        grid = x.permute(0, 1, 4, 7, 2, 5, 8, 3, 6, 9, 10)
        whole: Tensor = grid.reshape(-1, CELLS, CELLS, CELLS, self.config.features)
        return whole


class Field(nn.Module):
    """How far the surface is from any place, and of what colour it is there."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.enter = nn.Linear(config.features + 6, config.hidden)
        self.think = nn.Linear(config.hidden, config.hidden)
        self.exit = nn.Linear(config.hidden, 4)

    def forward(self, grid: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Map features [N, 16, 16, 16, F] and points [N, M, 3] to the field.

        Returns:
            Distances [N, M], negative inside and trusted up to `TRUNCATION`, and colours [N, M, 3],
            0 to 1.
        """
        # Waves as long as a cell: continuous where one cell meets the next.
        angles = (math.pi * CELLS) * points
        found = torch.cat([blend(grid, points), angles.sin(), angles.cos()], dim=2)
        h = functional.silu(self.enter(found))
        out = self.exit(functional.silu(self.think(h)))
        return TRUNCATION * out[..., 0].float(), torch.sigmoid(out[..., 1:].float())


def blend(grid: Tensor, points: Tensor) -> Tensor:
    """Features at points [N, M, 3] in -1..1, between the middles of the eight cells around each.

    Beyond the outermost middles the field goes on as it is there.

    Returns:
        [N, M, F].
    """
    count, features = grid.shape[0], grid.shape[-1]
    places = ((points + 1) * (CELLS / 2) - 0.5).clamp(0, CELLS - 1)
    low = places.floor().clamp(max=CELLS - 2)
    share = (places - low).to(grid.dtype)
    x, y, z = low.long().unbind(2)
    shapes = torch.arange(count, device=grid.device)[:, None]
    first = ((shapes * CELLS + x) * CELLS + y) * CELLS + z
    table = grid.reshape(-1, features)
    u, v, w = share[..., None].unbind(2)

    def row(corner: int) -> Tensor:
        a = functional.embedding(first + corner, table)
        return a + (functional.embedding(first + corner + 1, table) - a) * w

    def side(corner: int) -> Tensor:
        a = row(corner)
        return a + (row(corner + CELLS) - a) * v

    left = side(0)
    return left + (side(CELLS**2) - left) * u
