"""What pictures are compared with: the features of a frozen classifier.

Perceptual losses after Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer and
Super-Resolution", section 3.2. The classifier is trained beforehand on the same training split,
apart from the one that measures the result.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio_image_gan.training.classifier import Classifier


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
