"""The prior: from noise, a class and a pitch to latents, by a normalising flow.

Affine coupling layers (Dinh, Sohl-Dickstein and Bengio 2017, "Density Estimation using Real NVP",
section 3), each told the class and the pitch. A flow can be drawn from in one pass, and its
likelihood is known exactly, so that held-out sounds tell when it begins to learn by heart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class PriorConfig:
    """Shape of the flow.

    Attributes:
        latent: Numbers in a latent.
        told: Numbers that say what is asked for.
        width: Of each layer's network.
        layers: Coupling layers.
    """

    latent: int
    told: int
    width: int = 256
    layers: int = 8


class Coupling(nn.Module):
    """One half of the numbers decides how the other half is scaled and moved."""

    def __init__(self, config: PriorConfig, seed: int) -> None:
        super().__init__()
        order = torch.randperm(config.latent, generator=torch.Generator().manual_seed(seed))
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(order))
        self.half = config.latent // 2
        rest = config.latent - self.half
        self.net = nn.Sequential(
            nn.Linear(self.half + config.told, config.width),
            nn.SiLU(),
            nn.Linear(config.width, config.width),
            nn.SiLU(),
            nn.Linear(config.width, 2 * rest),
        )
        for parameter in self.net[-1].parameters():
            nn.init.zeros_(parameter)

    def _moves(self, kept: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        scale, move = self.net(torch.cat([kept, told], dim=1)).chunk(2, dim=1)
        return 2 * torch.tanh(scale / 2), move

    def forward(self, noise: Tensor, told: Tensor) -> Tensor:
        """One step from noise to latents: [N, latent] to the same shape."""
        mixed = noise[:, self.order]
        kept, moved = mixed[:, : self.half], mixed[:, self.half :]
        scale, move = self._moves(kept, told)
        return torch.cat([kept, moved * scale.exp() + move], dim=1)[:, self.back]

    def inverse(self, latent: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """One step from latents to noise, and how much the logarithm of the volume grows: [N]."""
        mixed = latent[:, self.order]
        kept, moved = mixed[:, : self.half], mixed[:, self.half :]
        scale, move = self._moves(kept, told)
        found = torch.cat([kept, (moved - move) * (-scale).exp()], dim=1)[:, self.back]
        return found, -scale.sum(dim=1)


class Prior(nn.Module):
    """Coupling layers, one after the other."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(Coupling(config, seed) for seed in range(config.layers))

    def forward(self, noise: Tensor, told: Tensor) -> Tensor:
        """Latents [N, latent] from noise of that shape and what is told, [N, told]."""
        for layer in self.layers:
            noise = layer(noise, told)
        return noise

    def nats(self, latent: Tensor, told: Tensor) -> Tensor:
        """Negative log likelihood of each latent: [N]."""
        growth = torch.zeros(len(latent), device=latent.device)
        for layer in reversed(self.layers):
            assert isinstance(layer, Coupling)
            latent, grown = layer.inverse(latent, told)
            growth = growth + grown
        gaussian = 0.5 * (latent.square() + math.log(2 * math.pi)).sum(dim=1)
        return gaussian - growth
