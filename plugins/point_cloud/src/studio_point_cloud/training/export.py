"""Writing what ships: four ONNX files with small weights, and `space.json` beside them."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from studio_point_cloud.training.autoencoder import (
    CELLS,
    CODE,
    TOKENS,
    TRUNCATION,
    Decoder,
    Encoder,
    Field,
)
from studio_point_cloud.training.flow import Flow
from studio_point_cloud.training.smaller import shrink
from studio_point_cloud.voxels import CHANNELS, SIDE

OPSET = 18
NETWORKS = ("encoder", "decoder", "field", "flow")
FILES = (*(f"{name}.onnx" for name in NETWORKS), "space.json")


class MeanEncoder(nn.Module):
    """The middle of what the encoder thinks possible."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, voxels: Tensor) -> Tensor:
        """Map voxels [N, 32, 32, 32, 10] to tokens [N, 64, 16]."""
        mean: Tensor = self.encoder(voxels)[0]
        return mean


class TrustedField(nn.Module):
    """The field, with distances no larger than they can be trusted."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def forward(self, grid: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Map features and points [N, M, 3] to distances [N, M] and colours [N, M, 3]."""
        distance, colour = self.field(grid, points)
        return distance.clamp(-TRUNCATION, TRUNCATION), colour


@dataclass(frozen=True)
class Trained:
    """What a run learned.

    Attributes:
        encoder, decoder, field: The averaged autoencoder.
        flow: The averaged flow.
        labels: Names of the labels, in the flow's order; "any" comes after them.
        mean, deviation: [16], of the tokens that the flow was trained on.
        steps: Steps to draw with.
        guidance: Scale of the guidance to draw with; 1 is none.
    """

    encoder: Encoder
    decoder: Decoder
    field: Field
    flow: Flow
    labels: tuple[str, ...]
    mean: Tensor
    deviation: Tensor
    steps: int = 24
    guidance: float = 2.0


def export(trained: Trained, folder: Path, *, small: bool = True) -> list[Path]:
    """Write the four networks and `space.json`; gives the files.

    Args:
        trained: What to write.
        folder: Where to; made if need be.
        small: Whether weights are stored in 8 and 16 bits; else in 32.
    """
    folder.mkdir(parents=True, exist_ok=True)
    features = trained.decoder.config.features
    voxels, tokens = torch.zeros(2, SIDE, SIDE, SIDE, CHANNELS), torch.zeros(2, TOKENS, CODE)
    grid, points = torch.zeros(2, CELLS, CELLS, CELLS, features), torch.zeros(2, 5, 3)
    time, label = torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    files = [folder / name for name in FILES]
    encoder, field = MeanEncoder(trained.encoder), TrustedField(trained.field)
    _write(encoder, {"voxels": voxels}, ("mean",), files[0], small)
    _write(trained.decoder, {"tokens": tokens}, ("grid",), files[1], small)
    _write(field, {"grid": grid, "points": points}, ("distance", "colour"), files[2], small)
    steered = {"x": tokens, "time": time, "label": label}
    _write(trained.flow, steered, ("velocity",), files[3], small)
    partial = files[4].with_suffix(".partial")
    partial.write_text(json.dumps(_space(trained)), encoding="utf-8")
    partial.replace(files[4])
    return files


def _space(trained: Trained) -> dict[str, object]:
    return {
        "version": 1,
        "labels": list(trained.labels),
        "mean": [round(value, 6) for value in trained.mean.tolist()],
        "deviation": [round(value, 6) for value in trained.deviation.tolist()],
        "features": trained.decoder.config.features,
        "directions": [],
        "truncation": TRUNCATION,
        "steps": trained.steps,
        "guidance": trained.guidance,
    }


def _write(
    network: nn.Module, inputs: dict[str, Tensor], outputs: tuple[str, ...], path: Path, small: bool
) -> None:
    """Write a network; the first axis is free everywhere, and so is the number of points."""
    axes = {name: {0: "count"} for name in (*inputs, *outputs)}
    for name in {"points", "distance", "colour"} & axes.keys():
        axes[name][1] = "points"
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter wants onnxscript, and writes dynamic batches less plainly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.cpu().eval(),
            tuple(inputs.values()),
            buffer,  # type: ignore[arg-type]  # a stream will do as well as a path
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            # ONNX Runtime folds when it loads; folded here, every weight would be stored twice.
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    if small:
        shrink(model)
    onnx.checker.check_model(model, full_check=True)
    partial = path.with_suffix(".partial")
    onnx.save(model, str(partial))
    partial.replace(path)
