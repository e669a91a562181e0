"""Discriminators that look at a frozen network's features instead of at pixels.

After Sauer et al. 2021, "Projected GANs Converge Faster", section 3: features of several
resolutions, each with a small discriminator of its own, spectrally normalised and trained with the
hinge loss. Theirs come from ImageNet; ours from the classifier of the same training pictures
(`Eyes`), whose features know what a sprite shows long before a discriminator of pixels does. They
stand beside that one, which sees to crisp edges.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm


class Head(nn.Module):
    """Scores for each place of one feature map."""

    def __init__(self, inputs: int, classes: int, halvings: int, width: int = 64) -> None:
        super().__init__()
        widths = [inputs] + [width] * (halvings + 1)
        strides = [1] + [2] * halvings
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 3, stride, 1))
            for (a, b), stride in zip(itertools.pairwise(widths), strides, strict=True)
        )
        self.score = spectral_norm(nn.Conv2d(width, 1, 1))
        self.embed = spectral_norm(nn.Linear(classes, width, bias=False))

    def forward(self, features: Tensor, onehot: Tensor) -> Tensor:
        """Map features [N, inputs, H, W] and classes [N, classes] to scores [N, h, w]."""
        x = features
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
        projection = (x * self.embed(onehot).to(x.dtype)[:, :, None, None]).sum(dim=1)
        scores: Tensor = self.score(x)[:, 0] + projection / math.sqrt(x.shape[1])
        return scores.float()


class Heads(nn.Module):
    """One head for each of the coarser feature maps, down to 4x4.

    Args:
        maps: Channels of the feature maps, finest first; each is half as large as the one before.
        classes: Number of classes.
    """

    def __init__(self, maps: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            Head(channels, classes, halvings=len(maps) - 1 - level)
            for level, channels in enumerate(maps)
        )

    def hinge(self, real: list[Tensor], fake: list[Tensor], onehot: Tensor) -> Tensor:
        """What the heads lose: hinge loss, mean over the heads."""
        both = torch.cat([onehot, onehot])
        losses = []
        for head, a, b in zip(self.heads, real, fake, strict=True):
            scores = head(torch.cat([a, b]), both)
            count = len(a)
            losses.append(
                functional.relu(1.0 - scores[:count]).mean()
                + functional.relu(1.0 + scores[count:]).mean()
            )
        return torch.stack(losses).mean()

    def forward(self, features: list[Tensor], onehot: Tensor) -> Tensor:
        """Mean score of pictures by their feature maps."""
        scores = [
            head(maps, onehot).mean() for head, maps in zip(self.heads, features, strict=True)
        ]
        return torch.stack(scores).mean()
