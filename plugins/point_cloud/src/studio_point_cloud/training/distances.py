"""What is learned of each mesh: its visible surface, and signed distances around it.

Inside is where the winding number is above one half (Jacobson et al. 2013, "Robust Inside-Outside
Segmentation using Generalized Winding Numbers"; fast as in Barill et al. 2018), which forgives
holes and parts that overlap. Surfaces inside other parts are left out: nobody sees them. What
encloses nothing, such as a leaf or a flag, would vanish; therefore everything is made thicker by
`SWELL` on each side.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import igl
import numpy as np
from numpy.typing import NDArray

from studio_point_cloud.training.data import DataError, Shapes, Surface

SWELL = 0.01
_BESIDE = 0.002  # a place beside the surface that is surely on one side of it
_INSIDE = 0.55  # a little above one half: that is what there is beside a single sheet
_FAR = 0.2  # distances are not told beyond
_WIDTHS = (0.02, 0.06)  # of the noise about the surface
_TRIES = 6


@dataclass(frozen=True)
class Prepared:
    """Samples of many meshes, in as little memory as will do.

    Attributes:
        points: [S, n, 3] float16, evenly over the visible surface.
        normals: [S, n, 3] int8, times 127; outwards.
        colours: [S, n, 3] uint8.
        places: [S, m, 3] float16; the first half close to the surface, a quarter near, a quarter
            anywhere.
        distances: [S, m] float16, negative inside.
        tints: [S, m, 3] uint8, colour of the nearest surface.
    """

    points: NDArray[np.float16]
    normals: NDArray[np.int8]
    colours: NDArray[np.uint8]
    places: NDArray[np.float16]
    distances: NDArray[np.float16]
    tints: NDArray[np.uint8]


Cloud = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]]


def prepare(shapes: Shapes, count: int = 8192, seed: int = 0) -> Prepared:
    """Sample every mesh: `count` points on it, and as many places around it."""
    rows = []
    for index, surface in enumerate(shapes.surfaces()):
        rng = np.random.default_rng([seed, index])
        points, normals, colours = visible(surface, count, rng)
        if not len(points):
            raise DataError(f"{shapes.files[index]} has no surface that can be seen")
        places = _around(points, rng)
        distances, tints = around(surface, (points, normals, colours), places)
        rows.append(
            (
                points.astype(np.float16),
                np.rint(normals * 127).astype(np.int8),
                colours,
                places.astype(np.float16),
                distances.astype(np.float16),
                tints,
            )
        )
    return Prepared(*(np.stack(each) for each in zip(*rows, strict=True)))


def prepared(shapes: Shapes, file: Path, count: int = 8192) -> Prepared:
    """What `prepare` gives, kept in a file from one run to the next."""
    names = list(Prepared.__dataclass_fields__)
    told = f"{shapes.sha256} {count}"
    if file.exists():
        with np.load(file) as kept:
            if str(kept["told"]) == told:
                return Prepared(*(kept[name] for name in names))
    made = prepare(shapes, count)
    partial = file.with_suffix(".partial.npz")
    arrays = {name: getattr(made, name) for name in names}
    np.savez(partial, told=np.array(told), **arrays)
    partial.replace(file)
    return made


def visible(surface: Surface, count: int, rng: np.random.Generator) -> Cloud:
    """Points [count, 3] spread evenly over what can be seen, normals outwards, and colours."""
    found: list[Cloud] = []
    for _ in range(_TRIES):
        points, normals, faces = _spread(surface, count + count // 4, rng)
        out = ~inside(surface, points + _BESIDE * normals)
        back = ~inside(surface, points - _BESIDE * normals)
        normals = np.where((back & ~out)[:, None], -normals, normals)
        seen = out | back
        found.append((points[seen], normals[seen], surface.colours[faces[seen]]))
        if sum(len(each[0]) for each in found) >= count:
            break
    points, normals, colours = (np.concatenate(each) for each in zip(*found, strict=True))
    if 0 < len(points) < count:
        again = rng.integers(len(points), size=count)
        return points[again], normals[again], colours[again]
    return points[:count], normals[:count], colours[:count]


def inside(surface: Surface, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of places [n, 3] are inside, whichever way round the mesh's triangles are."""
    winding = igl.fast_winding_number(surface.corners, surface.faces, places)
    within: NDArray[np.bool_] = np.abs(winding) > _INSIDE
    return within


def around(
    surface: Surface, seen: Cloud, places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Signed distances [n] of places [n, 3] from what can be seen, `SWELL` less, and its colour."""
    squares, faces, nearest = igl.point_mesh_squared_distance(
        places, surface.corners, surface.faces
    )
    distances, tints = np.sqrt(squares), surface.colours[faces]
    within = inside(surface, places)
    # The nearest triangle may lie inside; then the nearest of many visible points has to do.
    normals = _normals(surface)[faces]
    hidden = within.copy()
    for side in (_BESIDE, -_BESIDE):
        hidden[within] &= inside(surface, (nearest + side * normals)[within])
    if hidden.any():
        points, _, colours = seen
        alone = np.arange(len(points))[:, None]
        squares, which, _ = igl.point_mesh_squared_distance(places[hidden], points, alone)
        distances[hidden], tints[hidden] = np.sqrt(squares), colours[which]
    signed = np.where(within, -distances, distances) - SWELL
    return np.clip(signed, -_FAR, _FAR), tints


def _around(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Places [n, 3]: half of them close to points [n, 3], a quarter near, a quarter anywhere."""
    count = len(points)
    close, near = count // 2, count // 4
    about = rng.permutation(points)[: close + near]
    widths = np.repeat(_WIDTHS, (close, near))[:, None]
    noisy = np.clip(about + widths * rng.standard_normal(about.shape), -1, 1)
    return np.concatenate([noisy, rng.uniform(-1, 1, (count - close - near, 3))])


def _spread(
    surface: Surface, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Points [count, 3] evenly by area, with normals and faces (Osada et al. 2002, section 3)."""
    a, b, c = (surface.corners[surface.faces[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    if not areas.sum() > 0:
        raise DataError("a mesh has no area")
    which = rng.choice(len(areas), count, p=areas / areas.sum())
    u, v = rng.uniform(size=(2, count, 1))
    root = np.sqrt(u)
    points = (1 - root) * a[which] + root * (1 - v) * b[which] + root * v * c[which]
    return points, _normals(surface)[which], which


def _normals(surface: Surface) -> NDArray[np.float64]:
    """Unit normals [F, 3] of the faces; zero where a face has no area."""
    a, b, c = (surface.corners[surface.faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    lengths = np.linalg.norm(across, axis=1, keepdims=True)
    unit: NDArray[np.float64] = across / np.maximum(lengths, 1e-12)
    return unit
