"""Size, place, direction and shading in the 3D formats, as other readers see them."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from studio.api import Mesh, UsageError
from studio_exporters import Glb, Obj, Ply, Stl

FORMATS = [Glb, Ply, Obj, Stl]


def box() -> Mesh:
    """A box of 1 by 2 by 4 metres that begins at (1, 2, 3), with shared corners."""
    shape = trimesh.creation.box((1, 2, 4))
    return Mesh((shape.vertices + np.array([1.5, 3, 5])).astype("f4"), shape.faces.astype("i4"))


@pytest.mark.parametrize("cls", FORMATS)
@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        ({}, [[1, 2, 3], [2, 4, 7]]),
        ({"pivot": "base"}, [[-0.5, 0, -2], [0.5, 2, 2]]),
        ({"pivot": "centre", "scale": 100}, [[-50, -100, -200], [50, 100, 200]]),
    ],
)
def test_size_and_pivot(cls, options, bounds, write):
    seen = trimesh.load(write(cls, box(), **options), force="mesh")
    np.testing.assert_allclose(seen.bounds, bounds, atol=1e-4)
    assert seen.volume > 0


@pytest.mark.parametrize("cls", [Ply, Obj, Stl])
def test_z_up_is_a_turn_and_no_mirror(cls, write):
    seen = trimesh.load(write(cls, box(), up="z", pivot="base"), force="mesh")
    np.testing.assert_allclose(seen.bounds, [[-0.5, -2, 0], [0.5, 2, 2]], atol=1e-6)
    assert seen.volume == pytest.approx(8, rel=1e-5)


@pytest.mark.parametrize("cls", [Glb, Ply, Obj])
def test_facets_have_a_normal_each_and_smooth_corners_share_one(cls, write):
    faceted = cls().read(write(cls, box(), shading="faceted", name="faceted"))
    assert sorted(map(tuple, np.abs(faceted.normals).round(3).tolist()))[0] == (0, 0, 1)
    assert len(np.unique(faceted.normals.round(3), axis=0)) == 6
    smooth = cls().read(write(cls, box(), shading="smooth", name="smooth"))
    assert len(smooth.vertices) == 8
    outward = np.sign(smooth.vertices - smooth.vertices.mean(axis=0))
    np.testing.assert_array_equal(np.sign(smooth.normals), outward)


@pytest.mark.parametrize("cls", FORMATS)
def test_a_shape_that_would_be_too_large(cls, write):
    huge = Mesh(box().vertices * np.float32(1e36), box().faces)
    with pytest.raises(UsageError, match=f"{cls.spec.id} holds no coordinates as large"):
        write(cls, huge, scale=1e6)


HOSTILE = """
import json, sys, resource
from pathlib import Path
import numpy
import studio_exporters
from studio.api import InputFileError
said = []
readers = {cls.spec.suffixes[0]: cls() for cls in studio_exporters.studio_exporters()}
limit = 2**30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name in sys.argv[1:]:
    try:
        readers[Path(name).suffix].read(Path(name))
    except InputFileError as error:
        said.append(error.message)
print(json.dumps(said))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for a process's memory")
def test_hostile_shapes_are_sentences_in_a_gigabyte(tmp_path):
    """Four billion vertices, a wrong index, no numbers, and another file are refused cheaply."""
    head = "ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\n"
    head += "property float x\nproperty float y\nproperty float z\nend_header\n"
    tree = {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 36, "uri": "../secret.bin"}]}
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    data = b"glTF" + np.array([2, 20 + len(text), len(text)], "<u4").tobytes() + b"JSON" + text
    files = {
        "many.ply": (head.encode(), "declares 4000000000 rows"),
        "index.obj": (b"v 0 0 0\nf 1 2 9\n", "refers to vertex 2"),
        "nan.obj": (b"v nan 0 0\nf 1 1 1\n", "not finite"),
        "empty.obj": (b"", "holds no faces"),
        "empty.stl": (bytes(84), "no triangles"),
        "away.glb": (data, "refers to another place, '../secret.bin'"),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-c", HOSTILE, *(str(tmp_path / name) for name in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert len(said) == len(files)
    for sentence, (_, expected) in zip(said, files.values(), strict=True):
        assert expected in sentence
