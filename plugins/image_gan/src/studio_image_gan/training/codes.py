"""An autoencoder that is trained as a GAN: pictures to small maps of codes, and back.

After Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis", section 3.1, and
Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models", section 3.1:
the decoder is the generator of a GAN, judged by discriminators, and asked besides to give back what
was encoded. A code keeps its place in the picture, which one vector for all of it cannot: that is
what makes outlines sharp after an hour of training. What draws new codes is in `flow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.training.checkpoint import read_checkpoint, select
from studio_image_gan.space import CELLS


@dataclass(frozen=True)
class CodeConfig:
    """Shape of the autoencoder.

    Attributes:
        size: Width and height of the pictures in pixels: 16, 32 or 64.
        classes: Number of classes, which the discriminators know and the autoencoder does not.
        code: Numbers to each of the 8x8 places.
        channels: Feature maps at 8x8, at 16x16, and at full size.
    """

    size: int = 32
    classes: int = 8
    code: int = 8
    channels: tuple[int, int, int] = (128, 96, 32)

    @property
    def fold(self) -> int:
        """Width of the blocks of pixels that are seen as one place of a 16x16 map."""
        return self.size // (2 * CELLS)


class Residual(nn.Module):
    """Two convolutions beside the way through; they start as nothing (Zhang et al. 2019, Fixup)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels, H, W] to the same shape."""
        y: Tensor = self.second(functional.silu(self.first(functional.silu(x))))
        return x + y


class CodeEncoder(nn.Module):
    """Premultiplied pictures to the codes they may come from."""

    def __init__(self, config: CodeConfig) -> None:
        super().__init__()
        wide, middle, _ = config.channels
        self.config = config
        self.layers = nn.Sequential(
            nn.Conv2d(4 * config.fold**2, middle, 3, padding=1),
            Residual(middle),
            nn.Conv2d(middle, wide, 4, stride=2, padding=1),
            Residual(wide),
            Residual(wide),
            nn.SiLU(),
            nn.Conv2d(wide, 2 * config.code, 3, padding=1),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Map pictures [N, 4, size, size] in 0..1 to mean and log variance [N, code, 8, 8]."""
        maps = self.layers(functional.pixel_unshuffle(pictures * 2.0 - 1.0, self.config.fold))
        mean, log_variance = maps.float().chunk(2, dim=1)
        return mean, (log_variance - 4.0).clamp(-10.0, 2.0)


class CodeDecoder(nn.Module):
    """Codes to pictures."""

    def __init__(self, config: CodeConfig) -> None:
        super().__init__()
        wide, middle, narrow = config.channels
        self.grow = min(2, config.fold)
        self.fold = config.fold // self.grow
        self.entry = nn.Sequential(
            nn.Conv2d(config.code, wide, 3, padding=1),
            Residual(wide),
            Residual(wide),
            nn.SiLU(),
            nn.Conv2d(wide, 4 * middle, 1),
        )
        self.middle = nn.Sequential(
            nn.Conv2d(middle, middle, 3, padding=1),
            Residual(middle),
            nn.SiLU(),
            nn.Conv2d(middle, self.grow**2 * narrow, 3, padding=1),
        )
        self.exit = nn.Sequential(
            Residual(narrow), nn.SiLU(), nn.Conv2d(narrow, 4 * self.fold**2, 3, padding=1)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Map codes [N, code, 8, 8] to straight RGBA [N, 4, size, size] in 0..1.

        In training, colour may leave 0..1, so that its gradient never vanishes.
        """
        x = functional.pixel_shuffle(self.entry(codes), 2)
        x = functional.pixel_shuffle(self.middle(x), self.grow)
        x = functional.pixel_shuffle(self.exit(x), self.fold).float()
        colour = 0.5 + 0.5 * x[:, :3]
        if not self.training:
            colour = colour.clamp(0.0, 1.0)
        return torch.cat([colour, torch.sigmoid(2.0 * x[:, 3:])], dim=1)


def premultiply(rgba: Tensor) -> Tensor:
    """Multiply colour by alpha: [N, 4, H, W] straight to premultiplied.

    The decoder makes colour and alpha apart, and is judged by their product: colour never exceeds
    alpha, and undoing the product needs no division.
    """
    return torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], dim=1)


def load_autoencoder(checkpoint: Path) -> tuple[CodeEncoder, CodeDecoder]:
    """The encoder of a run, and its averaged decoder, ready for use."""
    tensors, facts = read_checkpoint(checkpoint)
    config = CodeConfig(**facts["run"]["config"])
    encoder, decoder = CodeEncoder(config), CodeDecoder(config)
    encoder.load_state_dict(select(tensors, "network.encoder."))
    decoder.load_state_dict(select(tensors, "network.average."))
    return encoder.eval().requires_grad_(False), decoder.eval().requires_grad_(False)
