"""What people can ask of the shapes. In the forms, bases named last come first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from studio.api import Params, param
from studio_point_cloud.weights import KINDS

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal["any", *KINDS]

Side = Literal["around", "top", "bottom", "left", "right", "front", "back"]


class _Kind(Params):
    kind: Kind = param("any", "what the shape is")


class _Points(Params):
    points: int = param(2048, "how many points", low=512, high=16_384, step=512)


class _Surface(Params):
    faces: int = param(5000, "most faces", low=200, high=20_000, step=100)
    shading: Literal["smooth", "faceted"] = param(
        "smooth", "rounded over its edges, or each face flat and of one colour"
    )


class _Size(Params):
    size: float = param(1.0, "length of its longest side", low=0.01, high=1000, unit="m")


class _Part(Params):
    missing: Side = param(
        "around", "where the rest is: all around and between, or on one side; front is +Z"
    )
    share: float = param(
        0.5, "how much of the whole there is, along the way to that side", low=0.2, high=1,
        step=0.05,
    )  # fmt: skip


class ShapeParams(Params):
    """How a shape is drawn, whatever it is made into."""

    temperature: float = param(
        1.0, "low is typical and plain, high is varied and strange", low=0, high=1.5, step=0.05
    )
    guidance: float | None = param(
        None, "how much it shows its kind; 1 is as learned, nothing is what looks best", low=0,
        high=6, step=0.1,
    )  # fmt: skip
    thicken: float = param(
        0.5, "how far its surface is moved out, in hundredths of its size, to hold thin parts",
        low=0, high=1, step=0.25, unit="%",
    )  # fmt: skip
    detail: Literal["48", "64"] = param("64", "cells along each side in which the surface lies")


class PointsParams(ShapeParams, _Size, _Points, _Kind):
    """What can be asked of a new point cloud."""


class MeshParams(ShapeParams, _Size, _Surface, _Kind):
    """What can be asked of a new mesh."""


class CompletePointsParams(ShapeParams, _Points, _Part, _Kind):
    """What can be asked of the whole of a part, as points."""


class CompleteMeshParams(ShapeParams, _Surface, _Part, _Kind):
    """What can be asked of the whole of a part, as a mesh."""
