"""The discriminator of pixels: a residual network that is told the class.

After Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 4, with
the class projection of Miyato and Koyama 2018, "cGANs with Projection Discriminator", equation 3.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

GAIN = math.sqrt(2.0)  # keeps the variance at one through a leaky ReLU


@dataclass(frozen=True)
class JudgeConfig:
    """Shape of the discriminator.

    Attributes:
        size: Width and height of the pictures in pixels.
        classes: Number of classes.
        channels: Feature maps at 4x4, 8x8, ... size / fold.
    """

    size: int = 32
    classes: int = 8
    channels: tuple[int, ...] = (128, 128, 64)

    @property
    def fold(self) -> int:
        """Width of the blocks of pixels that are seen as channels of one."""
        return self.size // (4 << (len(self.channels) - 1))


class EqualLinear(nn.Module):
    """Linear layer with its weights scaled at run time (Karras et al. 2018, section 4.1)."""

    def __init__(self, inputs: int, outputs: int, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = gain / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs] to [N, outputs]."""
        return functional.linear(x, self.weight * self.scale, self.bias)


class EqualConv(nn.Module):
    """3x3 or 1x1 convolution with run-time weight scaling; optionally halves the picture."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = GAIN / math.sqrt(inputs * kernel * kernel)
        self.stride, self.padding = stride, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        return functional.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU 0.2; the layers carry the gain of sqrt(2) that makes up for it."""
    return functional.leaky_relu(x, 0.2)


class DiscriminatorBlock(nn.Module):
    """Residual block that halves the picture."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.second = EqualConv(inputs, outputs, 3, stride=2)
        self.skip = EqualConv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
        y = activate(self.second(activate(self.first(x))))
        skip: Tensor = self.skip(functional.avg_pool2d(x, 2))
        return (y + skip) * math.sqrt(0.5)


class Discriminator(nn.Module):
    """Premultiplied pictures and their classes to one score each, higher for real."""

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        top = config.channels[0]
        self.fold = config.fold
        self.entry = EqualConv(4 * config.fold**2, config.channels[-1], 3)
        widths = config.channels[::-1]
        self.blocks = nn.ModuleList(DiscriminatorBlock(a, b) for a, b in itertools.pairwise(widths))
        self.conv = EqualConv(top + 1, top, 3)
        self.dense = EqualLinear(top * 16, top, gain=GAIN)
        self.score = EqualLinear(top, 1)
        self.embed = EqualLinear(config.classes, top)

    def forward(self, pictures: Tensor, onehot: Tensor) -> Tensor:
        """Map pictures [N, 4, size, size] in 0..1 and classes [N, classes] to scores [N]."""
        x = activate(self.entry(functional.pixel_unshuffle(pictures * 2.0 - 1.0, self.fold)))
        for block in self.blocks:
            x = block(x)
        x = activate(self.conv(torch.cat([x, batch_deviation(x)], dim=1)))
        features = activate(self.dense(x.flatten(1))).float()
        projection = (features * self.embed(onehot).float()).sum(dim=1)
        # One over the square root of the width, as the other layers scale their weights.
        scores: Tensor = self.score(features).float()[:, 0]
        scores = scores + projection / math.sqrt(features.shape[1])
        return scores


def batch_deviation(x: Tensor) -> Tensor:
    """Mean standard deviation over the batch as one more feature map (Karras et al. 2018, 3)."""
    deviation = torch.sqrt(x.float().var(dim=0, unbiased=False) + 1e-8).mean()
    return deviation.to(x.dtype).expand(x.shape[0], 1, x.shape[2], x.shape[3])
