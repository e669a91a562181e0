"""Shapes from a flow over the codes of an autoencoder: point clouds, meshes, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.api import Generator, hookimpl


@hookimpl
def studio_generators() -> Iterable[type[Generator[Any]]]:
    """The four generators of this plugin."""
    from studio_point_cloud.generator import (
        CompleteMesh,
        CompletePoints,
        ShapeMesh,
        ShapePoints,
    )

    return [ShapePoints, ShapeMesh, CompletePoints, CompleteMesh]
