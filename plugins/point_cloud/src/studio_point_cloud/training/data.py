"""Reading a folder of coloured meshes.

A folder holds `index.json`, a list of objects that name each mesh's file, name and class
(`cls`), and `meshes_ply.zip` with those files: binary PLY with a colour to each triangle.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio_point_cloud.training.labels import family, finer, held_out

INDEX = "index.json"
MESHES = "meshes_ply.zip"
_HELD = 1 / 7
_FACE = np.dtype([("count", "u1"), ("corners", "<i4", 3), ("colour", "u1", 3)])
_FEW = 8  # shapes


class DataError(ValueError):
    """The data is not what can be trained on."""


@dataclass(frozen=True)
class Surface:
    """A mesh.

    Attributes:
        corners: [V, 3], in the cube from -1 to 1.
        faces: [F, 3], indices of corners.
        colours: [F, 3] uint8.
    """

    corners: NDArray[np.float64]
    faces: NDArray[np.int64]
    colours: NDArray[np.uint8]


@dataclass(frozen=True)
class Shapes:
    """What a folder tells of its shapes.

    Attributes:
        folder: Where they lie.
        files, names: Of each shape.
        classes: Of each shape, an index into `labels`.
        finer: Of each shape, an index into `labels`, or -1.
        labels: Classes, then finer labels.
        held: Of each shape, whether it is held out.
        sha256: Of the index and the meshes.
    """

    folder: Path
    files: tuple[str, ...]
    names: tuple[str, ...]
    classes: NDArray[np.int64]
    finer: NDArray[np.int64]
    labels: tuple[str, ...]
    held: NDArray[np.bool_]
    sha256: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.labels[: int(self.classes.max()) + 1]

    def surfaces(self) -> Iterator[Surface]:
        """Every mesh, in order.

        Raises:
            DataError: One is missing or cannot be read.
        """
        with zipfile.ZipFile(self.folder / MESHES) as archive:
            for file in self.files:
                try:
                    data = archive.read(file)
                except KeyError:
                    raise DataError(f"{self.folder / MESHES} has no {file}") from None
                yield read_ply(data, file)


def load_shapes(folder: Path) -> Shapes:
    """Read a folder's index.

    Raises:
        DataError: The folder or one of its files is missing, or the index is not as expected.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    digest = hashlib.sha256()
    for name in (INDEX, MESHES):
        if not (folder / name).is_file():
            raise DataError(f"{folder} has no {name}")
        digest.update((folder / name).read_bytes())
    if not zipfile.is_zipfile(folder / MESHES):
        raise DataError(f"{folder / MESHES} is no ZIP archive")
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        told = [(str(row["file"]), str(row["name"]), str(row["cls"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / INDEX} is no list of file, name and cls: {error!r}") from error
    if len(told) < _FEW:
        raise DataError(f"{folder / INDEX} has {len(told)} shapes, expected at least {_FEW}")
    files, names, classes = zip(*told, strict=True)
    kinds = sorted(set(classes))
    fine = finer(names, kinds)
    labels = (*kinds, *sorted({word for word in fine if word}))
    place = {label: index for index, label in enumerate(labels)}
    families = [family(name) for name in names]
    held = held_out(families, classes, round(_HELD * len(names)))
    return Shapes(
        folder,
        files,
        names,
        np.array([place[kind] for kind in classes]),
        np.array([place[word] if word else -1 for word in fine]),
        labels,
        np.array(held),
        digest.hexdigest(),
    )


def read_ply(data: bytes, name: str) -> Surface:
    """Read a binary PLY of float corners and triangles that have a colour.

    Raises:
        DataError: It is something else.
    """
    head, mark, body = data.partition(b"end_header\n")
    lines = head.decode("ascii", "replace").splitlines()
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("element")}
    properties = [line.split()[1] for line in lines if line.startswith("property")]
    asked = ["float"] * 3 + ["list"] + ["uchar"] * 3
    if not mark or "format binary_little_endian 1.0" not in lines or properties != asked:
        raise DataError(f"{name} is no binary PLY of x, y, z and of faces with red, green and blue")
    corners, faces = counts.get("vertex", 0), counts.get("face", 0)
    if not faces or len(body) != 12 * corners + _FACE.itemsize * faces:
        raise DataError(f"{name} is empty or cut short, or has faces that are no triangles")
    points = np.frombuffer(body, "<f4", 3 * corners).reshape(-1, 3).astype(np.float64)
    rows = np.frombuffer(body, _FACE, faces, 12 * corners)
    found = rows["corners"].astype(np.int64)
    if (rows["count"] != 3).any() or found.min() < 0 or found.max() >= corners:
        raise DataError(f"{name} has faces that are no triangles of its corners")
    if not np.isfinite(points).all():
        raise DataError(f"{name} has corners that are not finite")
    return Surface(points, found, rows["colour"].copy())
