"""What to compare with: a plain generative adversarial network of point clouds.

The r-GAN of Achlioptas et al. 2018, "Learning Representations and Generative Models for 3D Point
Clouds", section 4.1: fully connected layers give all points at once, and the critic is a PointNet
(Qi et al. 2017). Both are told the class, and points have colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

POINTS = 2048
CHANNELS = 6  # x, y, z and red, green, blue, all -1 to 1


@dataclass(frozen=True)
class GanConfig:
    """Shape of both networks.

    Attributes:
        classes: Number of classes.
        noise: Numbers of noise.
        width: Channels of the critic's first layer; its others follow from it.
    """

    classes: int
    noise: int = 128
    width: int = 32


class Generator(nn.Module):
    """From noise and a class to points."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        sizes = [config.noise + config.classes, 256, 512, 1024]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], POINTS * CHANNELS))

    def forward(self, noise: Tensor, classes: Tensor) -> Tensor:
        """Map noise [N, noise] and one-hot classes [N, C] to points [N, 2048, 6]."""
        points = self.layers(torch.cat([noise, classes], dim=1))
        cloud: Tensor = points.unflatten(1, (POINTS, CHANNELS)).float()
        return cloud


class Critic(nn.Module):
    """How real a cloud looks, in whatever order its points are."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        sizes = [CHANNELS, *(config.width * k for k in (1, 2, 4, 4, 8))]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
        self.points = nn.Sequential(*layers)
        self.whole = nn.Sequential(
            nn.Linear(sizes[-1] + config.classes, 2 * config.width),
            nn.LeakyReLU(0.2),
            nn.Linear(2 * config.width, config.width),
            nn.LeakyReLU(0.2),
            nn.Linear(config.width, 1),
        )

    def forward(self, points: Tensor, classes: Tensor) -> Tensor:
        """Map points [N, M, 6] and one-hot classes [N, C] to scores [N]."""
        most = self.points(points).amax(dim=1)
        score: Tensor = self.whole(torch.cat([most, classes.to(most.dtype)], dim=1))[:, 0]
        return score.float()
