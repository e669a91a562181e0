"""What people can ask of the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from studio.api import Params, param
from studio_point_cloud.weights import KINDS

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal["any", *KINDS]

Side = Literal["around", "top", "bottom", "left", "right", "front", "back"]


class ShapeParams(Params):
    """How a shape is drawn, whatever it is made into."""

    kind: Kind = param("any", "what the shape is")
    temperature: float = param(
        1.0, "low is typical and plain, high is varied and strange", low=0, high=1.5, step=0.05
    )
    guidance: float | None = param(
        None, "how much it shows its kind; 1 is as learned, nothing is what looks best", low=0,
        high=6, step=0.1,
    )  # fmt: skip
    thicken: float = param(
        0.005, "how much its surface is moved out, to hold thin parts together; 0.01 is a "
        "hundredth of the longest side", low=0, high=0.01, step=0.0025,
    )  # fmt: skip
    detail: Literal["48", "64"] = param("64", "cells along each side in which the surface lies")


class NewShapeParams(ShapeParams):
    """What is asked of a shape of its own."""

    size: float = param(1.0, "length of its longest side", low=0.01, high=1000, unit="m")


class _Points(Params):
    points: int = param(2048, "how many points", low=512, high=16_384, step=512)


class _Surface(Params):
    faces: int = param(5000, "most faces", low=200, high=20_000, step=100)
    shading: Literal["smooth", "faceted"] = param(
        "smooth", "rounded over its edges, or each face flat and of one colour"
    )


class _Part(ShapeParams):
    missing: Side = param(
        "around", "where the rest is: all around and between, or on one side; front is +Z"
    )
    share: float = param(
        0.5, "how much of the whole there is, along the way to that side", low=0.2, high=1,
        step=0.05,
    )  # fmt: skip


class PointsParams(_Points, NewShapeParams):
    """What can be asked of a new point cloud."""


class MeshParams(_Surface, NewShapeParams):
    """What can be asked of a new mesh."""


class CompletePointsParams(_Points, _Part):
    """What can be asked of the whole of a part, as points."""


class CompleteMeshParams(_Surface, _Part):
    """What can be asked of the whole of a part, as a mesh."""
