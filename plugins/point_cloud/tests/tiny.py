"""A model small enough to be written down: its tokens are planes, its kinds a ball and a block.

A token holds how full its patch is, and the mean place, normal and colour of the points in it. The
field is the plane through each patch; the flow leads any noise toward the tokens of its kind.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import onnx.parser
from numpy.typing import NDArray
from onnx import numpy_helper

from studio.api import LatentSpec, Mesh, param
from studio.testing import runtime
from studio_point_cloud import generator
from studio_point_cloud.clouds import cloud_of
from studio_point_cloud.voxels import voxelise
from studio_point_cloud.weights import toward

KINDS = ("ball", "block")
RED, BLUE = (200, 30, 30), (30, 30, 200)
PULL = 3.0

_ENCODER = """
<ir_version: 9, opset_import: ["" : 18]>
encoder (float[N,32,32,32,10] voxels) => (float[N,64,16] mean) {
    count, offset, more = Split <axis = 4> (voxels, parts)
    place = Mul (offset, width)
    where = Add (place, middles)
    one = Sub (count, count)
    full = Add (one, unit)
    told = Concat <axis = 4> (full, where, more)
    weighed = Mul (told, count)
    patches = Reshape (weighed, split)
    sums = ReduceSum <keepdims = 0> (patches, inner)
    total, rest = Split <axis = 4> (sums, two)
    safe = Add (total, small)
    means = Div (sums, safe)
    flat = Reshape (means, tokens)
    mean = Pad (flat, pads)
}
"""
_DECODER = """
<ir_version: 9, opset_import: ["" : 18]>
decoder (float[N,64,16] tokens) => (float[N,16,16,16,16] grid) {
    apart = Reshape (tokens, split)
    wide = Expand (apart, larger)
    grid = Reshape (wide, whole)
}
"""
_FIELD = """
<ir_version: 9, opset_import: ["" : 18]>
field (float[N,16,16,16,16] grid, float[N,M,3] points)
    => (float[N,M] distance, float[N,M,3] colour) {
    shifted = Add (points, unit)
    scaled = Mul (shifted, eight)
    floor = Floor (scaled)
    clipped = Clip (floor, zero, last)
    cell = Cast <to = 7> (clipped)
    token = GatherND <batch_dims = 1> (grid, cell)
    full, place, normal, tint, rest = Split <axis = 2> (token, parts)
    apart = Sub (points, place)
    square = ReduceSumSquare <keepdims = 1> (normal, lastaxis)
    safe = Add (square, small)
    length = Sqrt (safe)
    unitnormal = Div (normal, length)
    product = Mul (unitnormal, apart)
    along = ReduceSum <keepdims = 1> (product, lastaxis)
    share = Clip (full, zero, unit)
    empty = Sub (unit, share)
    far = Mul (empty, reach)
    near = Mul (along, share)
    signed = Add (near, far)
    flat = Squeeze (signed, lastaxis)
    distance = Clip (flat, below, reach)
    colour = Clip (tint, zero, unit)
}
"""
_FLOW = """
<ir_version: 9, opset_import: ["" : 18]>
flow (float[N,64,16] x, float[N] time, int64[N] label) => (float[N,64,16] velocity) {
    aim = Gather <axis = 0> (table, label)
    way = Sub (aim, x)
    velocity = Mul (way, pull)
}
"""


def _write(text: str, file: Path, **constants: object) -> None:
    model = onnx.parser.parse_model(text)
    for name, value in constants.items():
        array = np.array(value)
        kind = np.float32 if array.dtype.kind == "f" else np.int64
        model.graph.initializer.append(numpy_helper.from_array(array.astype(kind), name))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(file))


def write_model(folder: Path) -> Path:
    """Write the tiny model's five files."""
    folder.mkdir(parents=True, exist_ok=True)
    middles = np.stack(np.meshgrid(*[(np.arange(32) + 0.5) / 16 - 1] * 3, indexing="ij"), axis=-1)
    _write(
        _ENCODER, folder / "encoder.onnx", parts=[1, 3, 6], width=1 / 16, middles=middles, unit=1.0,
        split=[-1, 4, 8, 4, 8, 4, 8, 10], inner=[2, 4, 6], two=[1, 9], small=1e-9,
        tokens=[-1, 64, 10], pads=[0, 0, 0, 0, 0, 6],
    )  # fmt: skip
    _write(
        _DECODER, folder / "decoder.onnx", split=[-1, 4, 1, 4, 1, 4, 1, 16],
        larger=[1, 1, 4, 1, 4, 1, 4, 1], whole=[-1, 16, 16, 16, 16],
    )  # fmt: skip
    _write(
        _FIELD, folder / "field.onnx", unit=1.0, eight=8.0, zero=0.0, last=15.0,
        parts=[1, 3, 3, 3, 6], lastaxis=[2], small=1e-9, reach=0.1, below=-0.1,
    )  # fmt: skip
    mean, deviation = np.zeros(16), np.full(16, 2.0)
    mean[15] = 0.5
    facts = {
        "version": 1, "labels": KINDS, "mean": mean.tolist(), "deviation": deviation.tolist(),
        "features": 16, "directions": [], "truncation": 0.1, "steps": 12, "guidance": 1.0,
    }  # fmt: skip
    (folder / "space.json").write_text(json.dumps(facts))
    kinds = [_tokens(folder, ball(0.9, RED)), _tokens(folder, block((0.9, 0.57, 0.76), BLUE))]
    table = (np.stack([*kinds, np.zeros((64, 16))]) - mean) / deviation
    table[-1] = 0
    _write(_FLOW, folder / "flow.onnx", table=table, pull=PULL)
    return folder


def _tokens(folder: Path, shape: Mesh) -> NDArray[np.float32]:
    networks, cloud = runtime(), cloud_of(shape, "shape")
    voxels = voxelise(cloud.points, cloud.normals, cloud.colours)
    found = networks.onnx(folder / "encoder.onnx").run({"voxels": voxels[None]})["mean"][0]
    networks.close()
    return found


def block(half: tuple[float, float, float], colour: tuple[int, int, int] = BLUE) -> Mesh:
    """A box around the origin."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    faces = [[a, b, c] for q in quads for a, b, c in (q[:3], [q[0], q[2], q[3]])]
    colours = np.tile(np.array(colour, np.uint8), (8, 1))
    return Mesh(corners * np.float32(half), np.array(faces, np.int32), colours)


def ball(radius: float, colour: tuple[int, int, int] = RED) -> Mesh:
    """A ball around the origin: each face of a box in 12x12 parts, blown up."""
    lines = np.linspace(-1, 1, 13)
    vertices, faces = [], []
    for axis in range(3):
        for end in (-1, 1):
            u, v = np.meshgrid(lines, lines, indexing="ij")
            side = np.stack([np.full(u.shape, end), end * u, v], axis=-1).reshape(-1, 3)
            at = 13 * np.arange(12)[:, None] + np.arange(12) + len(vertices) * 169
            a, b, c, d = (at + step for step in (0, 13, 14, 1))
            faces += [np.stack(each, -1).reshape(-1, 3) for each in ((a, b, c), (a, c, d))]
            vertices.append(np.roll(side, axis, axis=1))
    places = np.concatenate(vertices)
    places *= radius / np.linalg.norm(places, axis=1, keepdims=True)
    colours = np.tile(np.array(colour, np.uint8), (len(places), 1))
    return Mesh(places, np.concatenate(faces).astype(np.int32), colours)


def generators(folder: Path) -> list[type[generator.Generator]]:
    """The plugin's generators with the tiny model in place of theirs."""
    return [_with(cls, folder) for cls in (
        generator.ShapePoints, generator.ShapeMesh, generator.CompletePoints, generator.CompleteMesh
    )]  # fmt: skip


def _with(cls, folder: Path):
    fields = {
        "kind": param("any", "what the shape is"),
        "__annotations__": {"kind": Literal["any", *KINDS]},
    }
    asked = type(cls.spec.params.__name__, (cls.spec.params,), fields)
    latent = cls.spec.latent and LatentSpec(
        1024 + len(KINDS), toward(KINDS), "spherical", encodes=True
    )
    spec = replace(
        cls.spec, id=f"tiny-{cls.spec.id}", params=asked, latent=latent, weights=(), card=None
    )
    return type(cls.__name__, (cls,), {"spec": spec, "folder": folder})
