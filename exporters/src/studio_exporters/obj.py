"""Wavefront OBJ: meshes as text, with the common `v x y z r g b` for colours.

Where there are none, the materials of an MTL beside it colour its faces.

Source: Wavefront Technologies, Advanced Visualizer Manual (1995), appendix B1.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from studio.api import Asset, ExporterSpec, Mesh, Recipe, param
from studio_exporters.base import MIB, FileFormat, asset_of, expect
from studio_exporters.geometry import (
    UpOptions,
    faces_of,
    fan,
    mesh_of,
    shaped,
    tinted,
    to_bytes,
)
from studio_exporters.mtl import diffuse, tints
from studio_exporters.recipes import from_lines, to_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COMMENT_WIDTH = 150  # some readers keep a line in 1024 bytes, and an escape is six of them
_MAX_LINE = MIB
_MOST_LIBRARIES = 100
_MATERIAL = "newmtl studio\nKa 0 0 0\nKd 1 1 1\nKs 0 0 0\nd 1\nillum 1\n"


class ObjOptions(UpOptions):
    """How to write an OBJ."""

    material: bool = param(
        False, "add a plain white MTL material, for programs that show none without it"
    )


class Obj(FileFormat[ObjOptions]):
    """OBJ; the recipe is in comment lines."""

    spec = ExporterSpec(
        id="obj",
        title="OBJ model",
        version="1",
        accepts=(Mesh,),
        suffixes=(".obj",),
        companions=True,
        media_type="model/obj",
        options=ObjOptions,
    )
    max_bytes = 256 * MIB

    def write(self, asset: Asset, file: Path, options: ObjOptions, recipe: Recipe | None) -> None:
        mesh = asset_of(Mesh, shaped(asset, options, self.spec), self.spec)
        faces_of(mesh, self.spec)
        head = [f"# {line}" for line in to_lines(recipe, _COMMENT_WIDTH)] if recipe else []
        if options.material:
            companion = file.with_suffix(".mtl")
            companion.write_bytes(_MATERIAL.encode())
            head += [f"mtllib {companion.name}", "usemtl studio"]
        with file.open("wb") as out:
            out.write("".join(line + "\n" for line in head).encode("utf-8"))
            _write_body(out, mesh)

    def _read(self, file: Path) -> Asset:
        with file.open("rb") as stream:
            model = _Model()
            for number, words in enumerate(_lines(stream), 1):
                try:
                    model.take(words)
                except (ValueError, OverflowError) as error:
                    raise ValueError(f"line {number}: {error}") from None
        expect(bool(model.triangles), "it holds no faces")
        mesh = model.asset()
        colours = diffuse(file, model.libraries) if model.libraries else {}
        told = tints(model.materials, colours)
        if mesh.colors is not None or told is None:
            return mesh
        return tinted(mesh, told)

    def _recipe_text(self, file: Path) -> str | None:
        with file.open("rb") as stream:
            return from_lines(_leading_comments(stream))


def _write_body(out: BinaryIO, mesh: Mesh) -> None:
    import numpy as np

    columns, form = [mesh.vertices.astype("f8")], "v %.9g %.9g %.9g"
    if mesh.colors is not None:
        columns.append(mesh.colors / 255)
        form += " %.4f %.4f %.4f"
    np.savetxt(out, np.hstack(columns), fmt=form)
    corners = mesh.faces.astype("i8") + 1
    if mesh.normals is None:
        np.savetxt(out, corners, fmt="f %d %d %d")
        return
    np.savetxt(out, mesh.normals, fmt="vn %.9g %.9g %.9g")
    np.savetxt(out, corners.repeat(2, axis=1), fmt="f %d//%d %d//%d %d//%d")


@dataclass
class _Model:
    """What has been read so far. Corners are pairs: place, and normal or -1."""

    places: array[float] = field(default_factory=lambda: array("d"))
    colours: array[float] = field(default_factory=lambda: array("d"))
    normals: array[float] = field(default_factory=lambda: array("d"))
    triangles: array[int] = field(default_factory=lambda: array("q"))
    bends: array[int] = field(default_factory=lambda: array("q"))
    materials: list[bytes] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    material: bytes = b""

    def take(self, words: list[bytes]) -> None:
        """Take one line; what is neither place, normal nor face says nothing of the shape."""
        match words[:1]:
            case [b"v"]:
                expect(len(words) in (4, 5, 7, 8), f"a vertex has {len(words) - 1} numbers")
                self.places.extend(map(float, words[1:4]))
                if len(words) >= 7:
                    self.colours.extend(map(float, words[4:7]))
            case [b"vn"]:
                expect(len(words) == 4, f"a normal has {len(words) - 1} numbers")
                self.normals.extend(map(float, words[1:4]))
            case [b"f"]:
                self._face(words[1:])
            case [b"usemtl"]:
                self.material = b" ".join(words[1:])
            case [b"mtllib"]:
                expect(len(self.libraries) < _MOST_LIBRARIES, "it names too many material files")
                self.libraries.append(b" ".join(words[1:]).decode("utf-8", "replace"))

    def _face(self, words: list[bytes]) -> None:
        corners = [word.split(b"/") for word in words]
        expect(len(corners) >= 3, f"a face has {len(corners)} corners")
        places = [_index(c[0], len(self.places) // 3, "vertex") for c in corners]
        bends = [
            _index(c[2], len(self.normals) // 3, "normal") if len(c) > 2 and c[2] else -1
            for c in corners
        ]
        for triangle in fan(list(range(len(corners)))):
            self.triangles.extend(places[i] for i in triangle)
            self.bends.extend(bends[i] for i in triangle)
            self.materials.append(self.material)

    def asset(self) -> Mesh:
        import numpy as np

        places = np.array(self.places).reshape(-1, 3)
        faces = np.array(self.triangles, np.int64).reshape(-1, 3)
        colours = None
        if len(self.colours) == len(self.places):
            colours = to_bytes(np.array(self.colours).reshape(-1, 3))
        bends = np.array(self.bends, np.int64)
        if not len(bends) or bends.min() < 0:
            return mesh_of(places, faces, colours, None)
        normals = np.array(self.normals).reshape(-1, 3)
        return _with_normals(places, faces, colours, normals, bends)


def _with_normals(
    places: NDArray[Any],
    faces: NDArray[np.int64],
    colours: NDArray[np.uint8] | None,
    normals: NDArray[Any],
    bends: NDArray[np.int64],
) -> Mesh:
    """Give each vertex its normal; one with several, at a hard edge, becomes as many vertices."""
    import numpy as np

    flat = faces.reshape(-1)
    chosen = np.full(len(places), -1, np.int64)
    chosen[flat] = bends
    if bool((chosen[flat] == bends).all()):
        # A vertex in no face has no normal; any will do.
        used = np.where((chosen >= 0)[:, np.newaxis], normals[chosen], (0.0, 1.0, 0.0))
        return mesh_of(places, faces, colours, used)
    corners, again = np.unique(np.stack([flat, bends], 1), axis=0, return_inverse=True)
    split = None if colours is None else colours[corners[:, 0]]
    return mesh_of(places[corners[:, 0]], again.reshape(-1, 3), split, normals[corners[:, 1]])


def _index(word: bytes, count: int, what: str) -> int:
    """Return an index from 0; OBJ counts from 1, or backwards from the latest with -1."""
    given = int(word)
    index = given - 1 if given > 0 else count + given
    expect(
        given != 0 and 0 <= index < count, f"a face refers to {what} {given}, and there are {count}"
    )
    return index


def _lines(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the words of each line; a backslash at its end carries it on to the next."""
    carried: list[bytes] = []
    length = 0
    while line := stream.readline(_MAX_LINE):
        length += len(line)
        expect(length < _MAX_LINE, "it has a line of more than 1 MiB")
        expect(b"\0" not in line, "it holds NUL bytes, so it is no text")
        bare = line.rstrip()
        if bare.endswith(b"\\") and not line.startswith(b"#"):
            carried.append(bare[:-1])
            yield []
            continue
        whole = b" ".join([*carried, bare])
        carried, length = [], 0
        yield whole.partition(b"#")[0].split()


def _leading_comments(stream: BinaryIO) -> Iterator[str]:
    while line := stream.readline(_MAX_LINE):
        if line.strip() and not line.startswith(b"#"):
            return
        yield line[1:].decode("utf-8", "replace").strip()
