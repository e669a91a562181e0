"""A small style-based GAN for pictures with transparency.

Generator after Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN",
sections 2 and 4: a mapping network, weight demodulation, skip connections from every resolution to
the picture. Modulation scales the activations instead of the weights, which is the same arithmetic
(their equations 1-3) and exports to ordinary batched ONNX convolutions. There are no per-pixel
noise inputs, so a latent decides its picture completely.

Discriminator: the residual network of the same paper with the class projection of Miyato and
Koyama 2018, "cGANs with Projection Discriminator", equation 3.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class StyleConfig:
    """Shape of both networks.

    Attributes:
        size: Width and height of the pictures in pixels, 4 doubled len(channels) - 1 times, times
            fold.
        classes: Number of classes; 1 makes the networks unconditional in effect.
        z_dim: Length of the input noise z.
        w_dim: Length of the style vector w.
        mapping_layers: Hidden layers of the mapping network.
        channels: Feature maps at 4x4, 8x8, ... size x size, in both networks.
        fold: Width of the blocks of pixels that both networks see as channels of one. Smooth
            pictures lose nothing at 2, and a step costs a quarter.
    """

    size: int = 32
    classes: int = 8
    z_dim: int = 64
    w_dim: int = 128
    mapping_layers: int = 2
    channels: tuple[int, ...] = (128, 128, 64, 32)
    fold: int = 1

    def __post_init__(self) -> None:
        """Check that the channels lead from 4x4 to the size asked for."""
        reached = (4 << (len(self.channels) - 1)) * self.fold
        if reached != self.size:
            raise ValueError(
                f"{len(self.channels)} channel counts make {reached} pixels, not {self.size}"
            )

    @property
    def layers(self) -> int:
        """Number of styles that the synthesis network takes, one per layer."""
        return 2 * len(self.channels)


GAIN = math.sqrt(2.0)  # keeps the variance at one through a leaky ReLU


class EqualLinear(nn.Module):
    """Linear layer with its weights scaled at run time (Karras et al. 2018, section 4.1)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: float = 0.0,
        rate: float = 1.0,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.rate = rate
        self.scale = gain * rate / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs] to [N, outputs]."""
        return functional.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualConv(nn.Module):
    """3x3 or 1x1 convolution with run-time weight scaling; optionally halves the picture."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = GAIN / math.sqrt(inputs * kernel * kernel)
        self.stride = stride
        self.padding = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        return functional.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU 0.2; the layers carry the gain of sqrt(2) that makes up for it."""
    return functional.leaky_relu(x, 0.2)


class ModulatedConv(nn.Module):
    """Convolution whose input channels are scaled by a style (Karras et al. 2020, section 2.2)."""

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, kernel: int = 3, demodulate: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = EqualLinear(w_dim, inputs, bias=1.0)
        self.scale = 1.0 / math.sqrt(inputs * kernel * kernel)
        self.padding = kernel // 2
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map [N, inputs, H, W] and styles [N, w_dim] to [N, outputs, H, W]."""
        style = self.affine(w)  # [N, inputs]
        weight = self.weight * self.scale
        y = functional.conv2d(x * style[:, :, None, None].to(x.dtype), weight, padding=self.padding)
        if self.demodulate:
            energy = weight.square().sum(dim=(2, 3))  # [outputs, inputs]
            norm = GAIN * torch.rsqrt(style.float().square() @ energy.t() + 1e-8)  # [N, outputs]
            y = y * norm[:, :, None, None].to(y.dtype)
        return y + self.bias[None, :, None, None].to(y.dtype)


class Mapping(nn.Module):
    """Noise and class to a style vector."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.embed = EqualLinear(config.classes, config.z_dim)
        widths = [2 * config.z_dim] + [config.w_dim] * config.mapping_layers
        self.layers = nn.ModuleList(
            EqualLinear(a, b, rate=0.1, gain=GAIN) for a, b in itertools.pairwise(widths)
        )

    def forward(self, z: Tensor, onehot: Tensor) -> Tensor:
        """Map z [N, z_dim] and classes [N, classes] (one-hot or blended) to w [N, w_dim]."""
        x = torch.cat([normalise(z), normalise(self.embed(onehot))], dim=1)
        for layer in self.layers:
            x = activate(layer(x))
        return x


def normalise(x: Tensor) -> Tensor:
    """Scale each row to unit mean square."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class SynthesisBlock(nn.Module):
    """One resolution: an upsampling and a plain layer, and this resolution's share of the picture.

    Features double by repetition. The last block doubles them by sub-pixel convolution instead
    (Shi et al. 2016, section 3.2): four times the channels at the lower resolution, rearranged. It
    learns a filter of its own for each of the four pixels, which suits pixel art.
    """

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, last: bool = False, fold: int = 1
    ) -> None:
        super().__init__()
        self.up = ModulatedConv(inputs, 4 * outputs if last else outputs, w_dim)
        self.conv = ModulatedConv(outputs, outputs, w_dim)
        self.picture = ModulatedConv(outputs, 4 * fold**2, w_dim, kernel=1, demodulate=False)
        self.last, self.fold = last, fold
        if last:
            _start_even(self.up, 4)
        _start_even(self.picture, fold**2)

    def forward(self, x: Tensor, skip: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Map features and picture at one resolution to those at twice the resolution.

        Args:
            x: Features [N, inputs, H, W].
            skip: Picture so far [N, 4, H, W].
            styles: [N, 3, w_dim]; the third is also the next block's first, as in StyleGAN2.

        Returns:
            Features [N, outputs, 2H, 2W] and picture [N, 4, 2H, 2W], the picture `fold` times
            larger still.
        """
        x = self.up(x, styles[:, 0])
        x = (
            functional.pixel_shuffle(x, 2)
            if self.last
            else functional.interpolate(x, scale_factor=2.0)
        )
        x = activate(self.conv(activate(x), styles[:, 1]))
        skip = functional.interpolate(skip, scale_factor=2.0 * self.fold)
        picture = self.picture(x, styles[:, 2])
        return x, skip + functional.pixel_shuffle(picture, self.fold)


def _start_even(layer: ModulatedConv, copies: int) -> None:
    """Let a sub-pixel convolution start as a plain enlargement, all its pixels alike.

    Otherwise a chequerboard has to be unlearned first (Aitken et al. 2017, "Checkerboard artifact
    free sub-pixel convolution", section 3).
    """
    with torch.no_grad():
        layer.weight.copy_(layer.weight[::copies].repeat_interleave(copies, dim=0))


class Synthesis(nn.Module):
    """Styles to a picture with straight (not premultiplied) colour and alpha."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        first = config.channels[0]
        self.constant = nn.Parameter(torch.randn(1, first, 4, 4))
        self.first = ModulatedConv(first, first, config.w_dim)
        self.first_picture = ModulatedConv(first, 4, config.w_dim, kernel=1, demodulate=False)
        pairs = list(zip(config.channels, config.channels[1:], strict=False))
        self.blocks = nn.ModuleList(SynthesisBlock(a, b, config.w_dim) for a, b in pairs[:-1])
        self.blocks.append(SynthesisBlock(*pairs[-1], config.w_dim, last=True, fold=config.fold))

    def forward(self, ws: Tensor) -> Tensor:
        """Map styles [N, layers, w_dim] to straight RGBA [N, 4, size, size] in 0..1.

        In training, colour may leave 0..1, so that its gradient never vanishes.
        """
        x = self.constant.expand(ws.shape[0], -1, -1, -1)
        x = activate(self.first(x, ws[:, 0]))
        skip = self.first_picture(x, ws[:, 1])
        for index, block in enumerate(self.blocks):
            start = 2 * index + 1
            x, skip = block(x, skip, ws[:, start : start + 3])
        skip = skip.float()
        colour = 0.5 + 0.25 * skip[:, :3]
        if not self.training:
            colour = colour.clamp(0.0, 1.0)
        return torch.cat([colour, torch.sigmoid(skip[:, 3:])], dim=1)


class StyleGenerator(nn.Module):
    """Mapping and synthesis together, as they are trained."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config)

    def forward(self, z: Tensor, onehot: Tensor) -> Tensor:
        """Make premultiplied pictures [N, 4, size, size] in 0..1 from z and classes."""
        w = self.mapping(z, onehot)
        return premultiply(self.synthesis(w[:, None].expand(-1, self.config.layers, -1)))


def premultiply(rgba: Tensor) -> Tensor:
    """Multiply colour by alpha: [N, 4, H, W] straight to premultiplied.

    The generator makes colour and alpha apart, and the discriminator sees their product: colour
    never exceeds alpha, and undoing the product needs no division.
    """
    return torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], dim=1)


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

    def __init__(self, config: StyleConfig) -> None:
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
