"""Networks that have been trained, and how they draw together; also read back from an export."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from studio.api import follow_flow
from studio_image_gan.space import GUIDANCE, STEPS, CodeSpace, guided
from studio_image_gan.training.codes import CodeConfig, CodeDecoder, CodeEncoder, premultiply
from studio_image_gan.training.data import DataError
from studio_image_gan.training.flow import Flow, FlowConfig


class Scale(nn.Module):
    """Mean and deviation of each of a code's numbers over the training pictures, [code] each."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    @classmethod
    def of(cls, encoder: CodeEncoder, pictures: Tensor) -> Scale:
        """Measure the codes of premultiplied pictures [N, 4, H, W]."""
        codes = encode(encoder, pictures).chunk(2, dim=1)[0]
        return cls(codes.mean(dim=(0, 2, 3)), codes.std(dim=(0, 2, 3)))

    def forward(self, codes: Tensor) -> Tensor:
        """Bring codes [N, code, 8, 8] to mean nought and deviation one."""
        return (codes - self.mean[:, None, None]) / self.deviation[:, None, None]

    def undo(self, codes: Tensor) -> Tensor:
        """Bring them back."""
        return codes * self.deviation[:, None, None] + self.mean[:, None, None]


class Trained:
    """The networks of a run, or of an export.

    Attributes:
        encoder, decoder: The autoencoder, the decoder averaged.
        flow: The averaged flow.
        scale: Of the codes that the flow learned.
    """

    def __init__(
        self, encoder: CodeEncoder, decoder: CodeDecoder, flow: Flow, scale: Scale
    ) -> None:
        self.encoder, self.decoder, self.flow, self.scale = encoder, decoder, flow, scale

    def draw(self, noise: Tensor, told: Tensor) -> Tensor:
        """Premultiplied pictures from noise [N, code, 8, 8] and classes [N, classes + 1].

        Guided as the plugin does.
        """
        nothing = torch.zeros_like(told)
        nothing[:, -1] = 1.0

        def velocity(x: Tensor, time: float) -> Tensor:
            times = torch.full((len(x),), time)
            return guided(self.flow(x, times, told), self.flow(x, times, nothing), GUIDANCE)

        codes = self.scale.undo(follow_flow(velocity, noise, STEPS))
        return premultiply(self.decoder(codes))


def encode(encoder: CodeEncoder, pictures: Tensor) -> Tensor:
    """Mean and log variance, one after the other: [N, 2 code, 8, 8]."""
    with torch.no_grad():
        return torch.cat([torch.cat(encoder(some), dim=1) for some in torch.split(pictures, 256)])


def read_export(folder: Path, size: int, classes: Sequence[str]) -> Trained:
    """Read the networks of an export back into torch.

    Args:
        folder: Holds `flow.onnx`, `decoder.onnx`, `encoder.onnx` and `space.json`.
        size: Width and height of the pictures it must be for.
        classes: Names of the classes it must know.

    Raises:
        DataError: It is for other pictures or classes, or no export of this trainer.
        OSError: A file is missing.
    """
    try:
        space = CodeSpace.read(folder / "space.json")
        names = ("encoder", "decoder", "flow")
        encoder, decoder, flow = (_weights(folder / f"{name}.onnx") for name in names)
    except (KeyError, ValueError, DecodeError) as error:
        raise DataError(f"{folder} holds no export of this trainer: {error}") from error
    if (space.size, space.classes) != (size, tuple(classes)):
        raise DataError(
            f"{folder} draws {len(space.classes)} classes at {space.size} pixels; the data has "
            f"{len(classes)} at {size}, and all must be the same"
        )
    try:
        trained = _like(space, decoder, flow)
        trained.encoder.load_state_dict(encoder)
        trained.decoder.load_state_dict(decoder)
        trained.flow.load_state_dict(flow)
    except (KeyError, RuntimeError) as error:
        raise DataError(f"{folder} has networks of another shape than this trainer's") from error
    for network in (trained.encoder, trained.decoder, trained.flow):
        network.eval().requires_grad_(False)
    return trained


def _like(space: CodeSpace, decoder: dict[str, Tensor], flow: dict[str, Tensor]) -> Trained:
    """New networks of the shapes that these weights have."""
    edges = ("entry.0.weight", "middle.0.weight", "exit.0.first.bias")
    wide, middle, narrow = (len(decoder[name]) for name in edges)
    classes = len(space.classes)
    code = CodeConfig(space.size, classes, space.code, (wide, middle, narrow))
    width, inside = flow["entry.weight"].shape
    depth = sum(name.endswith(".qkv.weight") for name in flow)
    shape = FlowConfig(space.code, classes, width, depth, math.isqrt(inside // space.code))
    scale = Scale(torch.from_numpy(space.mean), torch.from_numpy(space.deviation))
    return Trained(CodeEncoder(code), CodeDecoder(code), Flow(shape), scale)


def _weights(path: Path) -> dict[str, Tensor]:
    """A network's weights by their names in torch, from halves to single precision.

    The encoder is exported inside of a `MeanEncoder`, which shows in its names.
    """
    graph = onnx.load(str(path)).graph
    return {
        tensor.name.removeprefix("encoder.").removesuffix(".half"): torch.from_numpy(
            numpy_helper.to_array(tensor).astype(np.float32)
        )
        for tensor in graph.initializer
    }
