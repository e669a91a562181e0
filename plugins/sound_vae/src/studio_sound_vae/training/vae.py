"""The variational autoencoder (Kingma and Welling 2014): spectra to latents, and back.

A latent is a few numbers at each of 8x5 places, eight in time and five in frequency.

The decoder says of each band at each time how loud it is and which share of that is tone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_sound_vae.frames import BANDS, FRAMES

ROWS, COLUMNS = 8, 5  # places in time and in frequency
_HEADS = 4  # divides every width


@dataclass(frozen=True)
class VaeConfig:
    """Shape of the networks.

    Attributes:
        code: Numbers at each place of the latent.
        width: Channels at the places; a multiple of 24.
        blocks: Transformer blocks over the places, in each network.
    """

    code: int = 4
    width: int = 144
    blocks: int = 2

    @property
    def channels(self) -> tuple[int, int, int, int]:
        """Channels from 8x10 up to 64x80."""
        part = self.width // 24
        return 16 * part, 10 * part, 6 * part, 3 * part

    @property
    def latent(self) -> int:
        """Numbers in one latent."""
        return self.code * ROWS * COLUMNS


class Block(nn.Module):
    """A transformer block over the places (Vaswani et al. 2017; normalisation first)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.look = nn.Linear(width, 3 * width)
        self.gather = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map places [N, P, width] to the same shape."""
        heads = self.look(self.before(x)).unflatten(2, (3, _HEADS, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        found = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.gather(found.transpose(1, 2).flatten(2))
        y: Tensor = x + self.think(self.between(x))
        return y


class Mixer(nn.Module):
    """Transformer blocks over the 8x5 places, which know where they are."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.places = nn.Parameter(0.1 * torch.randn(ROWS * COLUMNS, config.width))
        self.blocks = nn.Sequential(*(Block(config.width) for _ in range(config.blocks)))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, width, 8, 5] to the same shape."""
        tokens = self.blocks(x.flatten(2).transpose(1, 2) + self.places)
        y: Tensor = tokens.transpose(1, 2).unflatten(2, (ROWS, COLUMNS))
        return y


class Refine(nn.Module):
    """A residual convolution that begins as nothing, and knows where it is."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.zeros(channels, height, width))
        self.inner = nn.Conv2d(channels, channels, 3, padding=1)
        self.outer = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.outer.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels, height, width] to the same shape."""
        y: Tensor = x + self.outer(functional.silu(self.inner(functional.silu(x + self.place))))
        return y


class Encoder(nn.Module):
    """What the sound may have come from: a Gaussian over latents."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        d, c, b, a = config.channels
        self.config = config
        self.layers = nn.Sequential(
            nn.Conv2d(1, a, 5, stride=2, padding=2),
            nn.SiLU(),
            nn.Conv2d(a, b, 3, stride=2, padding=1),
            Refine(b, 32, 40),
            nn.SiLU(),
            nn.Conv2d(b, c, 3, stride=2, padding=1),
            Refine(c, 16, 20),
            nn.SiLU(),
            nn.Conv2d(c, d, 3, stride=2, padding=1),
            Refine(d, 8, 10),
            nn.SiLU(),
            nn.Conv2d(d, config.width, (3, 4), stride=(1, 2), padding=1),
            Mixer(config),
        )
        self.exit = nn.Conv2d(config.width, 2 * config.code, 1)

    def forward(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Map levels [N, FRAMES, BANDS] to mean and log variance, [N, latent] each."""
        mean, spread = self.exit(self.layers(levels[:, None] * 2 - 1)).chunk(2, dim=1)
        return mean.flatten(1), spread.flatten(1).clamp(-8, 4)


class Decoder(nn.Module):
    """From a latent to how loud and how tonal every band is at every time."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        d, c, b, a = config.channels
        self.config = config
        self.enter = nn.Conv2d(config.code, config.width, 1)
        self.mixer = Mixer(config)
        self.layers = nn.Sequential(
            nn.Upsample(scale_factor=(1, 2)),
            nn.Conv2d(config.width, d, 3, padding=1),
            Refine(d, 8, 10),
            Refine(d, 8, 10),
            nn.Conv2d(d, 4 * c, 1),
            nn.PixelShuffle(2),
            Refine(c, 16, 20),
            nn.Conv2d(c, 4 * b, 1),
            nn.PixelShuffle(2),
            Refine(b, 32, 40),
            nn.Conv2d(b, 4 * a, 1),
            nn.PixelShuffle(2),
            Refine(a, 64, 80),
            nn.SiLU(),
            nn.Conv2d(a, 8, 3, padding=1),
            nn.PixelShuffle(2),
        )
        self.bias = nn.Parameter(torch.zeros(2, FRAMES, BANDS))
        nn.init.constant_(self.bias[0], 0.4)

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Map [N, latent] to levels, 0 at -80 dB and 1 at full scale, and logits of the tonality.

        Both are [N, FRAMES, BANDS].
        """
        places = latent.unflatten(1, (self.config.code, ROWS, COLUMNS))
        seen = self.layers(self.mixer(self.enter(places))) + self.bias
        return seen[:, 0], 4 * seen[:, 1]
