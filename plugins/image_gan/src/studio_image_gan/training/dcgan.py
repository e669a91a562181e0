"""The plain DCGAN of Radford et al. 2015, "Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks", as a baseline.

Section 3's guidelines and section 4's details: strided convolutions, batch normalisation except at
the discriminator's entry and the generator's exit, ReLU and leaky ReLU 0.2, tanh, weights from a
normal distribution of deviation 0.02. Kernels are 4x4 so that sizes double exactly, and a picture
has four channels: premultiplied RGBA.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.training.steps import channels_last, descend, half_precision
from studio_image_gan.training.learner import Progress


@dataclass(frozen=True)
class DcganConfig:
    """Shape of both networks.

    Attributes:
        size: Width and height of the pictures in pixels.
        z_dim: Length of the input noise z, drawn from -1..1.
        channels: Feature maps at 4x4, 8x8, ... size/2 x size/2.
    """

    size: int = 32
    z_dim: int = 100
    channels: tuple[int, ...] = (256, 128, 64)

    def __post_init__(self) -> None:
        """Check that the channels lead from 4x4 to the size asked for."""
        if 4 << len(self.channels) != self.size:
            raise ValueError(
                f"{len(self.channels)} channel counts make {4 << len(self.channels)} pixels, "
                f"not {self.size}"
            )


class DcganGenerator(nn.Module):
    """Noise to premultiplied pictures."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        first = config.channels[0]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(config.z_dim, first, 4, 1, 0, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        ]
        for a, b in zip(config.channels, config.channels[1:], strict=False):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        layers += [nn.ConvTranspose2d(config.channels[-1], 4, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        """Map z [N, z_dim] to pictures [N, 4, size, size] in 0..1."""
        pictures: Tensor = self.layers(z[:, :, None, None])
        return pictures.float() * 0.5 + 0.5


class DcganDiscriminator(nn.Module):
    """Pictures to scores."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        widths = config.channels[::-1]
        layers: list[nn.Module] = [nn.Conv2d(4, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for a, b in itertools.pairwise(widths):
            layers += [
                nn.Conv2d(a, b, 4, 2, 1, bias=False),
                nn.BatchNorm2d(b),
                nn.LeakyReLU(0.2),
            ]
        layers.append(nn.Conv2d(widths[-1], 1, 4, 1, 0))
        self.layers = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures [N, 4, size, size] in 0..1 to scores [N] before the sigmoid."""
        scores: Tensor = self.layers(pictures * 2.0 - 1.0)
        return scores.float().flatten()


class DcganLearner:
    """The baseline, trained as Radford et al. 2015 do (section 4): not augmented, no classes."""

    def __init__(self, config: DcganConfig, rng: torch.Generator, bfloat16: bool = True):
        self.config, self.rng, self.bfloat16 = config, rng, bfloat16
        self.generator = channels_last(DcganGenerator(config))
        self.discriminator = channels_last(DcganDiscriminator(config))
        self.networks: dict[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for name, network in self.networks.items()
        }

    def step(self, real: Tensor, onehot: Tensor, progress: Progress) -> dict[str, float]:
        """Train both networks with the minimax loss of Goodfellow et al.; see `Learner.step`."""
        z = torch.rand(len(real), self.config.z_dim, generator=self.rng) * 2.0 - 1.0
        with half_precision("cpu", self.bfloat16):
            fake = self.generator(z)
            real_scores = self.discriminator(real)
            fake_scores = self.discriminator(fake.detach())
        loss = functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()
        descend(loss, self.optimisers["discriminator"])
        self.discriminator.requires_grad_(False)
        with half_precision("cpu", self.bfloat16):
            scores = self.discriminator(fake)
        generator_loss = functional.softplus(-scores).mean()
        descend(generator_loss, self.optimisers["generator"])
        self.discriminator.requires_grad_(True)
        return {
            "discriminator": loss.item(),
            "generator": generator_loss.item(),
            "margin": (real_scores - fake_scores).mean().item(),
        }

    def sample(self, onehot: Tensor, rng: torch.Generator) -> Tensor:
        """Pictures with the running batch statistics; see `Learner.sample`."""
        z = torch.rand(len(onehot), self.config.z_dim, generator=rng) * 2.0 - 1.0
        self.generator.eval()
        with torch.no_grad():
            pictures: Tensor = self.generator(z)
        self.generator.train()
        return pictures


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
