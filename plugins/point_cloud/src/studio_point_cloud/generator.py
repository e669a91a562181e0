"""Four generators: shapes as points and as meshes, new ones and the whole of a part."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from studio.api import (
    Asset,
    Generator,
    GeneratorSpec,
    LatentGenerator,
    LatentSpec,
    Mesh,
    PointCloud,
    RunContext,
    Runtime,
    placed,
)
from studio_point_cloud.params import (
    CompleteMeshParams,
    CompletePointsParams,
    MeshParams,
    PointsParams,
)
from studio_point_cloud.weights import AXES, FOLDER, KINDS, LEARNED, NOISE, WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio_point_cloud.clouds import Frame
    from studio_point_cloud.field import Field
    from studio_point_cloud.space import Space

    Vector = NDArray[np.float32]

_CARD = FOLDER / "MODEL_CARD.md"
_LATENT = LatentSpec(size=NOISE + len(KINDS), axes=AXES, path="spherical", encodes=True)
_DRAWN = 0.8  # of the work is done when the tokens are there

New = TypeVar("New", PointsParams, MeshParams)
Made = TypeVar("Made", PointCloud, Mesh)
Part = TypeVar("Part", CompletePointsParams, CompleteMeshParams)


class _Drawing:
    """The networks, and how loading and leaving them goes.

    Attributes:
        folder: Where their files lie.
    """

    folder: ClassVar[Path] = FOLDER
    _space: Space

    def load(self, runtime: Runtime) -> None:
        from studio_point_cloud.space import Space

        self._space = Space.read(self.folder, runtime)

    def close(self) -> None:
        self._space.close()


class _NewShape(_Drawing, LatentGenerator[New]):
    """A shape of its own, on the floor and of the size asked for."""

    def sample_latent(self, rng: np.random.Generator, params: New) -> Vector:
        return self._space.draw(rng, _kind(params.kind), params.temperature)

    def decode(self, latent: Vector, params: New, ctx: RunContext) -> Asset:
        """Make the shape at a point.

        Raises:
            UsageError: There is nothing there.
        """
        thicker, pause = params.thicken / 100, _pause(ctx)
        return self._space.make(
            latent, params.guidance, thicker, pause, lambda field: self.make(field, params)
        )

    def encode(self, asset: Asset, params: New) -> Vector:
        """The point of somebody's shape, whatever its size and place.

        Raises:
            InputFileError: It is no shape, or one without any extent.
        """
        from studio_point_cloud.clouds import Frame, cloud_of

        cloud = cloud_of(asset, "this shape")
        return self._space.find(Frame.around(cloud, name="this shape").put_in(cloud))

    def directions(self) -> Vector:
        import numpy as np

        facts = self._space.facts
        assert self.spec.latent is not None
        kinds = [axis.name for axis in self.spec.latent.axes if axis not in LEARNED]
        toward = np.zeros((len(kinds), facts.size), np.float32)
        toward[np.arange(len(kinds)), [NOISE + facts.kinds.index(kind) for kind in kinds]] = 1
        learned = np.pad(facts.directions, ((0, 0), (0, len(facts.kinds))))
        return np.concatenate([learned, toward])

    @abstractmethod
    def make(self, field: Field, params: New) -> Asset:
        """Make the asset of a field."""


class ShapePoints(_NewShape[PointsParams]):
    """New shapes as points."""

    spec = GeneratorSpec(
        id="point-cloud",
        title="Shapes as points",
        summary="Coloured point clouds of furniture, vehicles, food, buildings and more",
        version="3",  # other weights, and so another shape of the same seed
        output=PointCloud,
        params=PointsParams,
        weights=WEIGHTS,
        latent=_LATENT,
        card=_CARD,
        glyph="mdi6.scatter-plot",
    )

    def make(self, field: Field, params: PointsParams) -> Asset:
        return _on_the_floor(_points(field, params), params.size)


class ShapeMesh(_NewShape[MeshParams]):
    """New shapes as meshes."""

    spec = GeneratorSpec(
        id="point-cloud-mesh",
        title="Shapes as meshes",
        summary="Closed, coloured meshes of furniture, vehicles, food, buildings and more",
        version="3",  # other weights, and so another shape of the same seed
        output=Mesh,
        params=MeshParams,
        weights=WEIGHTS,
        latent=_LATENT,
        card=_CARD,
        glyph="mdi6.cube-outline",
    )

    def make(self, field: Field, params: MeshParams) -> Asset:
        from studio_point_cloud.meshing import mesh_of

        flat = params.shading == "faceted"
        return _on_the_floor(
            mesh_of(field, int(params.detail), params.faces, flat=flat), params.size
        )


class _Whole(_Drawing, Generator[Part]):
    """The whole of a part that is brought, where that lies and as large as it is."""

    def generate(self, params: Part, ctx: RunContext) -> Iterator[Asset]:
        from studio_point_cloud.clouds import SIDES, Frame, cloud_of
        from studio_point_cloud.completing import known_patches

        given = ctx.inputs[0]
        name, rest = given.name or "this shape", SIDES.get(params.missing)
        cloud = cloud_of(given.asset, name)
        frame = Frame.around(cloud, rest, params.share, name=name)
        part = frame.put_in(cloud)
        end = 0.0 if rest is None else _end(part.points[:, rest.axis], rest.upper)
        known = known_patches(part, rest, end)
        point = self._space.draw(ctx.rng, _kind(params.kind), params.temperature)
        pause = _pause(ctx)
        tokens = self._space.complete(
            self._space.look(part), known, point, params.guidance, ctx.rng, pause
        )
        yield self.make(self._space.field(tokens, params.thicken / 100, pause), params, frame)

    @abstractmethod
    def make(self, field: Field, params: Part, frame: Frame) -> Asset:
        """Make the asset of a field, in a frame."""


class CompletePoints(_Whole[CompletePointsParams]):
    """The whole of a part, as points."""

    spec = GeneratorSpec(
        id="point-cloud-complete",
        title="Complete a shape as points",
        summary="Adds what is missing to a scan or a part of a shape that you bring",
        version="3",  # other weights, and so another shape of the same seed
        output=PointCloud,
        params=CompletePointsParams,
        accepts=(PointCloud, Mesh),
        min_inputs=1,
        max_inputs=1,
        weights=WEIGHTS,
        card=_CARD,
        glyph="mdi6.puzzle-outline",
    )

    def make(self, field: Field, params: CompletePointsParams, frame: Frame) -> Asset:
        made = _points(field, params)
        return PointCloud(frame.take_out(made.points), made.colors, made.normals)


class CompleteMesh(_Whole[CompleteMeshParams]):
    """The whole of a part, as a mesh."""

    spec = GeneratorSpec(
        id="point-cloud-complete-mesh",
        title="Complete a shape as a mesh",
        summary="Makes a closed mesh of a scan or a part of a shape that you bring",
        version="3",  # other weights, and so another shape of the same seed
        output=Mesh,
        params=CompleteMeshParams,
        accepts=(PointCloud, Mesh),
        min_inputs=1,
        max_inputs=1,
        weights=WEIGHTS,
        card=_CARD,
        glyph="mdi6.puzzle",
    )

    def make(self, field: Field, params: CompleteMeshParams, frame: Frame) -> Asset:
        made = _mesh(field, params)
        return Mesh(frame.take_out(made.vertices), made.faces, made.colors, made.normals)


def _kind(wanted: str) -> str | None:
    return None if wanted == "any" else wanted


def _pause(ctx: RunContext) -> Callable[[float], None]:
    """Progress of the drawing, from which a job that was cancelled leaves."""
    return lambda done: ctx.progress(_DRAWN * done)


def _points(field: Field, params: PointsParams | CompletePointsParams) -> PointCloud:
    from studio_point_cloud.meshing import points_of

    return points_of(field, int(params.detail), params.points)


def _mesh(field: Field, params: MeshParams | CompleteMeshParams) -> Mesh:
    from studio_point_cloud.meshing import mesh_of

    return mesh_of(field, int(params.detail), params.faces, flat=params.shading == "faceted")


def _end(along: Vector, upper: bool) -> float:
    """Where a part ends along an axis."""
    return float(along.max() if upper else along.min())


def _on_the_floor(shape: Made, size: float) -> Made:
    """Stand a shape on the middle of its floor, with its longest side as long as asked for."""
    rows = shape.vertices if isinstance(shape, Mesh) else shape.points
    longest = float((rows.max(axis=0) - rows.min(axis=0)).max())
    return placed(shape, scale=size / longest, pivot="base")
