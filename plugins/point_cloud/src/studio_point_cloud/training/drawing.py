"""Shapes of networks that are being trained or that ship, made as people will get them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio_point_cloud.clouds import Cloud, Frame
from studio_point_cloud.field import EmptyShapeError, Field
from studio_point_cloud.meshing import points_of
from studio_point_cloud.params import ShapeParams
from studio_point_cloud.space import Facts, Space
from studio_point_cloud.training.autoencoder import TRUNCATION
from studio_point_cloud.weights import NOISE

_CELLS, _THICKER = int(ShapeParams().detail), ShapeParams().thicken / 100


class Live:
    """A network in torch that is run as those that ship are.

    Args:
        network: Gives a tensor, or several.
        inputs: Names of what it takes, in order.
        outputs: Names of what it gives; what is left over is left out.
    """

    def __init__(self, network: nn.Module, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self._network, self._inputs, self._outputs = network, inputs, outputs
        self._device = next(network.parameters()).device

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once."""
        given = [
            torch.from_numpy(np.ascontiguousarray(inputs[name])).to(self._device)
            for name in self._inputs
        ]
        with torch.no_grad():
            found = self._network(*given)
        several = (found,) if isinstance(found, Tensor) else found
        pairs = zip(self._outputs, several, strict=False)
        return {name: value.cpu().numpy() for name, value in pairs}

    def close(self) -> None:
        """Nothing: whoever trains it keeps it."""


class TrustedField(nn.Module):
    """The field, with distances no larger than they can be trusted."""

    def __init__(self, field: nn.Module) -> None:
        super().__init__()
        self.field = field

    def forward(self, grid: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Map features and points [N, M, 3] to distances [N, M] and colours [N, M, 3]."""
        distance, colour = self.field(grid, points)
        return distance.clamp(-TRUNCATION, TRUNCATION), colour


def live_space(trio: Any, flow: nn.Module | None = None, facts: Facts | None = None) -> Space:
    """The space of networks that are being trained.

    Args:
        trio: Encoder, decoder and field.
        flow: None where nothing is drawn.
        facts: Of the flow; by default those of tokens that nothing was done to.
    """
    networks = {
        "encoder": Live(trio.encoder, ["voxels"], ["mean"]),
        "decoder": Live(trio.decoder, ["tokens"], ["grid"]),
        "field": Live(TrustedField(trio.field), ["grid", "points"], ["distance", "colour"]),
    }
    if flow is not None:
        networks["flow"] = Live(flow, ["x", "time", "label"], ["velocity"])
    return Space(facts or facts_of((), np.zeros(16), np.ones(16)), networks)


def facts_of(
    labels: Sequence[str], mean: NDArray[Any], deviation: NDArray[Any], steps: int = 12
) -> Facts:
    """Facts of a flow: its labels, what its tokens are standardised by, and steps to draw with."""
    scale = (np.asarray(each, np.float32) for each in (mean, deviation))
    return Facts(tuple(labels), *scale, np.zeros((0, NOISE), np.float32), steps, 2.0)


def drawn(
    space: Space, labels: Sequence[str], count: int, rng: np.random.Generator
) -> list[Cloud | None]:
    """Clouds of `count` points, one for each label; None where a shape has no surface."""
    made: list[Cloud | None] = []
    for label in labels:
        point = space.draw(rng, label, 1.0)
        try:
            made.append(space.make(point, None, _THICKER, _go_on, lambda f: _cloud(f, count)))
        except EmptyShapeError:
            made.append(None)
    return made


def given_back(space: Space, cloud: Cloud, count: int) -> Cloud | None:
    """What the autoencoder makes of a cloud, where that lies; None where it is nothing."""
    frame = Frame.around(cloud, name="this shape")
    field = space.field(space.look(frame.put_in(cloud)), _THICKER, _go_on)
    try:
        made = _cloud(field, count)
    except EmptyShapeError:
        return None
    return Cloud(frame.take_out(made.points), made.normals, made.colours)


def _cloud(field: Field, count: int) -> Cloud:
    made = points_of(field, _CELLS, count)
    assert made.normals is not None
    assert made.colors is not None
    return Cloud(made.points, made.normals, (made.colors / 255).astype(np.float32))


def _go_on(_: float) -> None:
    """Nobody waits, and nobody cancels."""
