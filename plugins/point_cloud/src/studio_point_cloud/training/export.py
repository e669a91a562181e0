"""Writing what ships: four ONNX files with small weights, and `space.json` beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from studio.training.export import MeanEncoder, write_json, write_onnx
from studio_point_cloud.space import NETWORKS
from studio_point_cloud.training.autoencoder import (
    CELLS,
    CODE,
    TOKENS,
    TRUNCATION,
    Decoder,
    Encoder,
    Field,
)
from studio_point_cloud.training.drawing import TrustedField
from studio_point_cloud.training.flow import Flow
from studio_point_cloud.voxels import CHANNELS, SIDE

_LARGE = 16384  # matrices of so many numbers are stored in eight bits
FILES = (*(f"{name}.onnx" for name in NETWORKS), "space.json")


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
    steps: int = 12
    guidance: float = 2.0


def export(trained: Trained, folder: Path) -> list[Path]:
    """Write the four networks and `space.json`; gives the files.

    Args:
        trained: What to write; is moved to the processor.
        folder: Where to; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    features = trained.decoder.config.features
    voxels, tokens = torch.zeros(2, SIDE, SIDE, SIDE, CHANNELS), torch.zeros(2, TOKENS, CODE)
    grid, points = torch.zeros(2, CELLS, CELLS, CELLS, features), torch.zeros(2, 5, 3)
    time, label = torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    files = [folder / name for name in FILES]
    for network in (trained.encoder, trained.decoder, trained.field, trained.flow):
        network.cpu().eval()
    encoder, field = MeanEncoder(trained.encoder), TrustedField(trained.field)
    steered = {"x": tokens, "time": time, "label": label}
    write = partial(write_onnx, wholes=_LARGE)
    write(encoder, {"voxels": voxels}, ["mean"], files[0])
    write(trained.decoder, {"tokens": tokens}, ["grid"], files[1])
    places = dict.fromkeys(("points", "distance", "colour"), "places")
    write(field, {"grid": grid, "points": points}, ["distance", "colour"], files[2], free=places)
    write(trained.flow, steered, ["velocity"], files[3])
    write_json(files[4], _space(trained))
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
