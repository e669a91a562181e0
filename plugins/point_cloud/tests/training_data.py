"""A tiny folder of coloured boxes and sheets to train on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from studio_point_cloud.training.data import Surface

_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def box(size=(0.5, 0.9, 0.3), colour=(200, 40, 30)) -> Surface:
    """A closed box of half this size, its triangles outwards."""
    faces = [face for a, b, c, d in _SIDES for face in ((a, b, c), (a, c, d))]
    colours = np.tile(np.array(colour, np.uint8), (len(faces), 1))
    return Surface(_CORNERS * size, np.array(faces), colours)


def sheet(side=0.8) -> Surface:
    """A square in the plane y = 0, seen from both sides and enclosing nothing."""
    corners = np.array([[-side, 0, -side], [side, 0, -side], [side, 0, side], [-side, 0, side]])
    colours = np.full((2, 3), 90, np.uint8)
    return Surface(corners.astype(float), np.array([[0, 2, 1], [0, 3, 2]]), colours)


def join(*parts: Surface) -> Surface:
    """Several meshes as one."""
    starts = np.cumsum([0, *(len(part.corners) for part in parts)])
    return Surface(
        np.concatenate([part.corners for part in parts]),
        np.concatenate([part.faces + at for part, at in zip(parts, starts, strict=False)]),
        np.concatenate([part.colours for part in parts]),
    )


def ply(surface: Surface) -> bytes:
    """A mesh as the files of a data folder have it."""
    head = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(surface.corners)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(surface.faces)}\nproperty list uchar int vertex_indices\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n"
    )
    rows = np.zeros(
        len(surface.faces), [("count", "u1"), ("corners", "<i4", 3), ("colour", "u1", 3)]
    )
    rows["count"], rows["corners"], rows["colour"] = 3, surface.faces, surface.colours
    return head.encode() + surface.corners.astype("<f4").tobytes() + rows.tobytes()


def write_folder(folder: Path, count: int = 16) -> Path:
    """A data folder of boxes and sheets of two classes."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    with zipfile.ZipFile(folder / "meshes_ply.zip", "w") as archive:
        for index in range(count):
            file = f"{index:04}.ply"
            made = sheet(rng.uniform(0.5, 1)) if index % 4 == 3 else box(rng.uniform(0.3, 1, 3))
            archive.writestr(file, ply(made))
            name = f"{'Chest' if index % 2 else 'stool'}_{'abcdefghijklmnop'[index] * 3}"
            rows.append({"file": file, "name": name, "cls": ("room", "cellar")[index % 2]})
    (folder / "index.json").write_text(json.dumps(rows))
    told = "# boxes\n\n- Source: this test\n- Licence: CC0 1.0\n- Attribution: nobody\n"
    (folder / "CARD.md").write_text(told)
    return folder
