"""Drawing shapes with the networks, as they train or as they ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.testing import runtime
from studio_point_cloud.training.autoencoder import CODE, TOKENS, TRUNCATION
from studio_point_cloud.training.surface import Cloud, Floats, Read, surface

_PART = 16384  # places asked for at once: what is worked on stays in the processor's caches
_TOGETHER = 16  # shapes drawn at once


class Networks(Protocol):
    """The four networks, as functions of arrays; see the networks themselves for shapes."""

    def encode(self, voxels: Floats) -> Floats:
        """Tokens of voxels."""

    def decode(self, tokens: Floats) -> Floats:
        """Features of tokens."""

    def field(self, grid: Floats, places: Floats) -> tuple[Floats, Floats]:
        """Distances and colours at places."""

    def velocity(self, x: Floats, time: Floats, label: NDArray[np.int64]) -> Floats:
        """Where standardised tokens are heading."""


@dataclass(frozen=True)
class Drawing:
    """How to draw: what tokens are standardised by, steps, and guidance.

    Attributes:
        mean, deviation: [16].
        labels: Number of labels; that number itself stands for any.
        steps: Steps from noise to tokens.
        guidance: 1 leaves the flow as it is.
    """

    mean: Floats
    deviation: Floats
    labels: int
    steps: int = 24
    guidance: float = 2.0

    def tokens(
        self, networks: Networks, label: NDArray[np.int64], rng: np.random.Generator
    ) -> Floats:
        """Tokens [N, 64, 16] of labels [N].

        The flow is followed by Adams-Bashforth steps of second order; guidance as in Ho and
        Salimans 2022, equation 6, with weight w = guidance - 1.
        """
        x = rng.standard_normal((len(label), TOKENS, CODE), np.float32)
        told, any_ = label, np.full_like(label, self.labels)
        before: Floats | None = None
        for step in range(self.steps):
            time = np.full(len(x), step / self.steps, np.float32)
            heading = networks.velocity(x, time, told)
            if self.guidance != 1:
                plain = networks.velocity(x, time, any_)
                heading = plain + np.float32(self.guidance) * (heading - plain)
            move = heading if before is None else heading + (heading - before) / 2
            x, before = (x + move / self.steps).astype(np.float32), heading
        tokens: Floats = x * self.deviation + self.mean
        return tokens

    def clouds(
        self, networks: Networks, label: Sequence[int], count: int, rng: np.random.Generator
    ) -> list[Cloud | None]:
        """Clouds of `count` points, one for each label; None where a shape has no surface."""
        made: list[Cloud | None] = []
        for begin in range(0, len(label), _TOGETHER):
            some = np.array(label[begin : begin + _TOGETHER], np.int64)
            made += shown(networks, self.tokens(networks, some, rng), count, rng)
        return made


def shown(
    networks: Networks, tokens: Floats, count: int, rng: np.random.Generator
) -> list[Cloud | None]:
    """The surfaces of tokens [N, 64, 16] as clouds of `count` points."""
    return [surface(reader(networks, grid), count, rng) for grid in networks.decode(tokens)]


def reader(networks: Networks, grid: Floats) -> Read:
    """The field of one shape's features [16, 16, 16, F]."""

    def read(places: Floats) -> tuple[Floats, Floats]:
        parts = [
            networks.field(grid[None], places[None, begin : begin + _PART])
            for begin in range(0, len(places), _PART)
        ]
        distances, colours = zip(*parts, strict=True)
        return np.concatenate(distances, axis=1)[0], np.concatenate(colours, axis=1)[0]

    return read


class Live:
    """Networks in torch, as they are being trained."""

    def __init__(self, trio: Any, flow: Any = None) -> None:
        self._trio, self._flow = trio, flow
        self._device = next(trio.parameters()).device

    def encode(self, voxels: Floats) -> Floats:
        """Tokens of voxels."""
        return self._run(lambda given: self._trio.encoder(given)[0], voxels)

    def decode(self, tokens: Floats) -> Floats:
        """Features of tokens."""
        return self._run(self._trio.decoder, tokens)

    def field(self, grid: Floats, places: Floats) -> tuple[Floats, Floats]:
        """Distances and colours at places."""
        with torch.no_grad():
            distance, colour = self._trio.field(self._told(grid), self._told(places))
        return distance.clamp(-TRUNCATION, TRUNCATION).cpu().numpy(), colour.cpu().numpy()

    def velocity(self, x: Floats, time: Floats, label: NDArray[np.int64]) -> Floats:
        """Where standardised tokens are heading."""
        return self._run(self._flow, x, time, label)

    def _told(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def _run(self, network: Any, *inputs: NDArray[Any]) -> Floats:
        with torch.no_grad():
            found: Floats = network(*map(self._told, inputs)).cpu().numpy()
        return found


class Shipped:
    """The ONNX files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._runtime = runtime()
        names = ("encoder", "decoder", "field", "flow")
        self._models = {name: self._runtime.onnx(folder / f"{name}.onnx") for name in names}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the networks back."""
        self._runtime.close()

    def encode(self, voxels: Floats) -> Floats:
        """Tokens of voxels."""
        return self._models["encoder"].run({"voxels": voxels})["mean"]

    def decode(self, tokens: Floats) -> Floats:
        """Features of tokens."""
        return self._models["decoder"].run({"tokens": tokens})["grid"]

    def field(self, grid: Floats, places: Floats) -> tuple[Floats, Floats]:
        """Distances and colours at places."""
        found = self._models["field"].run({"grid": grid, "points": places})
        return found["distance"], found["colour"]

    def velocity(self, x: Floats, time: Floats, label: NDArray[np.int64]) -> Floats:
        """Where standardised tokens are heading."""
        return self._models["flow"].run({"x": x, "time": time, "label": label})["velocity"]
