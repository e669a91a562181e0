"""The encoder that turns the GAN into a VAE/GAN, and the loss of what it gives back.

Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric": a picture is
encoded to the noise the generator draws it from, and the generator is asked to draw it again. That
ties every training picture to a place in the generator's space, so that none is forgotten, and it
tells the generator far more per picture than a discriminator's score does. The similarity is taken
from a frozen classifier instead of the discriminator, as perceptual losses are (Johnson et al.
2016, section 3.2); it is trained beforehand on the same training split, apart from the one that
measures the result.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio_image_gan.training.classifier import Classifier
from studio_image_gan.training.style import (
    DiscriminatorBlock,
    EqualConv,
    EqualLinear,
    StyleConfig,
    activate,
)


@dataclass(frozen=True)
class Posterior:
    """A normal distribution over z for each picture: mean and log variance, [N, z_dim]."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, rng: torch.Generator) -> Tensor:
        """One z for each picture, with gradients (Kingma and Welling 2014, section 2.4)."""
        noise = torch.randn(self.mean.shape, generator=rng)
        return self.mean + noise * torch.exp(0.5 * self.log_variance)

    def divergence(self) -> Tensor:
        """Kullback-Leibler divergence from the standard normal, in nats, mean over pictures."""
        terms = self.mean.square() + self.log_variance.exp() - 1.0 - self.log_variance
        return 0.5 * terms.sum(dim=1).mean()


class Encoder(nn.Module):
    """Premultiplied pictures and their classes to the z they may have been drawn from."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        top = config.channels[0]
        self.fold = config.fold
        self.entry = EqualConv(4 * config.fold**2, config.channels[-1], 3)
        widths = config.channels[::-1]
        self.blocks = nn.ModuleList(DiscriminatorBlock(a, b) for a, b in itertools.pairwise(widths))
        self.embed = EqualLinear(config.classes, top)
        self.dense = EqualLinear(top * 16, top)
        self.head = EqualLinear(top, 2 * config.z_dim)

    def forward(self, pictures: Tensor, onehot: Tensor) -> Posterior:
        """Map pictures [N, 4, size, size] in 0..1 and classes [N, classes] to posteriors."""
        x = activate(self.entry(functional.pixel_unshuffle(pictures * 2.0 - 1.0, self.fold)))
        for block in self.blocks:
            x = block(x)
        hidden = activate(self.dense(x.flatten(1)) + self.embed(onehot))
        mean, log_variance = self.head(hidden).float().chunk(2, dim=1)
        return Posterior(mean, (log_variance - 2.0).clamp(-10.0, 4.0))


class Eyes(nn.Module):
    """The frozen classifier's feature maps at every resolution, for comparing pictures."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        layers = list(classifier.body)
        # Convolution, normalisation and activation go together; two such make a resolution.
        triples = [nn.Sequential(*layers[i : i + 3]) for i in range(0, len(layers), 3)]
        self.first = triples[0]
        self.rest = nn.ModuleList(
            nn.Sequential(*pair) for pair in zip(triples[1::2], triples[2::2], strict=True)
        )
        widths = [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)]
        self.channels = tuple(widths[::2])  # of the last convolution at each resolution
        self.requires_grad_(False)
        self.eval()

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Map premultiplied pictures [N, 4, size, size] in 0..1 to feature maps, finest first."""
        maps = [self.first(pictures * 2.0 - 1.0)]
        for stage in self.rest:
            maps.append(stage(maps[-1]))
        return maps

    def difference(self, real: Tensor, drawn: Tensor) -> Tensor:
        """Mean square difference of features, each resolution over its own variance, summed."""
        with torch.no_grad():
            wanted = self(real)
        total = torch.zeros(())
        for want, have in zip(wanted, self(drawn), strict=True):
            want, have = want.float(), have.float()
            total = total + (want - have).square().mean() / (want.var() + 1e-4)
        return total
