"""PLY, OBJ, STL and GLB: what comes back, and what four other readers make of our files."""

from __future__ import annotations

import json
import struct

import meshio
import numpy as np
import plyfile
import pygltflib
import pytest
import trimesh

from studio.api import InputFileError, Mesh, PointCloud, UsageError
from studio.testing import same
from studio_exporters import Glb, Obj, Ply, Stl
from studio_exporters.recipes import KEY, from_lines

RNG = np.random.default_rng(5)


def directions(count):
    rows = RNG.standard_normal((count, 3))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


def ball(*, colors=True, normals=True):
    """A sphere with faces in a known order, 642 vertices and 1280 faces."""
    shape = trimesh.creation.icosphere(subdivisions=3)
    vertices = shape.vertices.astype("f4")
    return Mesh(
        vertices * np.float32(1.7),
        shape.faces.astype("i4"),
        RNG.integers(0, 256, vertices.shape, "uint8") if colors else None,
        vertices / np.linalg.norm(vertices, axis=1, keepdims=True) if normals else None,
    )


def cloud(*, colors=True, normals=True, count=1000):
    return PointCloud(
        (RNG.standard_normal((count, 3)) * 10.0 ** RNG.integers(-8, 8, (count, 1))).astype("f4"),
        RNG.integers(0, 256, (count, 3), "uint8") if colors else None,
        directions(count) if normals else None,
    )


WITH = [{"colors": c, "normals": n} for c in (True, False) for n in (True, False)]


@pytest.mark.parametrize("parts", WITH)
@pytest.mark.parametrize(
    ("cls", "options"), [(Ply, {}), (Ply, {"encoding": "ascii"}), (Glb, {}), (Obj, {})]
)
def test_a_mesh_comes_back_exactly(cls, options, parts, write, recipe):
    mesh = ball(**parts)
    assert same(cls().read(write(cls, mesh, recipe, **options)), mesh)


@pytest.mark.parametrize("parts", WITH)
@pytest.mark.parametrize(("cls", "options"), [(Ply, {}), (Ply, {"encoding": "ascii"}), (Glb, {})])
def test_points_come_back_exactly(cls, options, parts, write, recipe):
    points = cloud(**parts)
    assert same(cls().read(write(cls, points, recipe, **options)), points)


def test_stl_keeps_the_shape(write):
    mesh = ball()
    read = Stl().read(write(Stl, mesh))
    assert len(read.vertices) == len(mesh.vertices)
    np.testing.assert_array_equal(read.vertices[read.faces], mesh.vertices[mesh.faces])


def test_stl_in_millimetres(write):
    mesh = ball()
    seen = trimesh.load_mesh(write(Stl, mesh, scale=1000))
    np.testing.assert_allclose(seen.bounds, [[-1700] * 3, [1700] * 3], rtol=0.01)


def test_stl_of_a_flat_triangle_has_a_zero_normal(write):
    line = Mesh(np.zeros((3, 3), "f4"), np.array([[0, 1, 2]], "i4"))
    data = write(Stl, line).read_bytes()
    assert struct.unpack_from("<I3f", data, 80) == (1, 0, 0, 0)


@pytest.mark.parametrize("cls", [Ply, Obj, Stl, Glb])
def test_trimesh_sees_the_same_solid(cls, write, long_recipe):
    mesh = ball()
    seen = trimesh.load(write(cls, mesh, long_recipe), force="mesh")
    assert seen.is_watertight
    assert seen.volume == pytest.approx(4 / 3 * np.pi * 1.7**3, rel=0.02)
    assert len(seen.faces) == len(mesh.faces)


@pytest.mark.parametrize("cls", [Ply, Obj])
def test_trimesh_sees_the_same_colours(cls, write, recipe):
    mesh = ball(normals=False)
    seen = trimesh.load(write(cls, mesh, recipe), force="mesh", process=False)
    np.testing.assert_array_equal(seen.visual.vertex_colors[:, :3], mesh.colors)


@pytest.mark.parametrize(("cls", "options"), [(Ply, {}), (Ply, {"encoding": "ascii"}), (Obj, {})])
def test_meshio_sees_the_same(cls, options, write, long_recipe):
    mesh = ball(colors=cls is Ply, normals=False)
    seen = meshio.read(write(cls, mesh, long_recipe, **options))
    np.testing.assert_array_equal(seen.points.astype("f4"), mesh.vertices)
    np.testing.assert_array_equal(seen.cells_dict["triangle"], mesh.faces)


@pytest.mark.parametrize("options", [{}, {"encoding": "ascii"}])
def test_plyfile_sees_the_same(options, write, long_recipe):
    mesh = ball()
    seen = plyfile.PlyData.read(write(Ply, mesh, long_recipe, **options))
    assert from_lines(seen.comments) is not None
    assert max(map(len, seen.comments)) < 1000
    rows = seen["vertex"]
    for names, values in [
        (("x", "y", "z"), mesh.vertices),
        (("nx", "ny", "nz"), mesh.normals),
        (("red", "green", "blue"), mesh.colors),
    ]:
        np.testing.assert_array_equal(np.stack([rows[n] for n in names], 1), values)
    np.testing.assert_array_equal(np.stack(seen["face"]["vertex_indices"]), mesh.faces)


@pytest.mark.parametrize(("asset", "mode"), [(ball(), 4), (cloud(), 0)])
def test_pygltflib_sees_the_same(asset, mode, write, recipe):
    gltf = pygltflib.GLTF2().load(str(write(Glb, asset, recipe)))
    assert json.loads(gltf.asset.extras[KEY]) == json.loads(recipe.to_json())
    assert gltf.asset.version == "2.0"
    primitive = gltf.meshes[0].primitives[0]
    assert primitive.mode == mode
    blob = gltf.binary_blob()
    places = asset.vertices if mode else asset.points
    accessor = gltf.accessors[primitive.attributes.POSITION]
    view = gltf.bufferViews[accessor.bufferView]
    seen = np.frombuffer(blob, "<f4", accessor.count * 3, view.byteOffset).reshape(-1, 3)
    np.testing.assert_array_equal(seen, places)
    np.testing.assert_array_equal(np.float32(accessor.min), places.min(axis=0))
    assert all(view.byteOffset % 4 == 0 for view in gltf.bufferViews)


def test_colours_are_linear_in_glb(write):
    grey = Mesh(np.eye(3, dtype="f4"), np.array([[0, 1, 2]], "i4"), np.full((3, 3), 128, "uint8"))
    gltf = pygltflib.GLTF2().load(str(write(Glb, grey)))
    accessor = gltf.accessors[gltf.meshes[0].primitives[0].attributes.COLOR_0]
    view = gltf.bufferViews[accessor.bufferView]
    first = np.frombuffer(gltf.binary_blob(), "<u2", 4, view.byteOffset) / 65_535
    np.testing.assert_allclose(first, [0.2158, 0.2158, 0.2158, 1], atol=1e-4)


def test_every_colour_comes_back_from_glb(write):
    colors = np.arange(256, dtype="uint8").repeat(3).reshape(-1, 3)
    points = PointCloud(np.zeros((256, 3), "f4"), colors)
    np.testing.assert_array_equal(Glb().read(write(Glb, points)).colors, colors)


def test_obj_material_lies_beside_it(write, recipe):
    mesh = ball()
    file = write(Obj, mesh, recipe, material=True)
    companion = file.with_suffix(".mtl")
    assert companion.read_text().startswith("newmtl studio\n")
    assert f"\nmtllib {companion.name}\nusemtl studio\n" in file.read_text()
    assert same(Obj().read(file), mesh)
    assert Obj().read_recipe(file) == recipe


def test_obj_lines_end_where_they_should(write, recipe):
    """A backslash at the end of a line would carry it on, a long line would not fit."""
    lines = write(Obj, ball(), recipe).read_text(encoding="ascii").split("\n")
    assert not any(line.endswith(("\\", " ")) for line in lines)
    assert max(map(len, lines)) < 1000


def test_obj_of_other_programs(tmp_path):
    """Negative indices, quads, carried lines, groups, textures and a hard edge."""
    file = tmp_path / "other.obj"
    file.write_text(
        "# made by hand\nmtllib none.mtl\no thing\n"
        "v 0 0 0\nv 1 0 0\r\nv 1 1 0 # corner\nv 0 1 0 1.0\nv 0 0 1\nvt 0 0\n"
        "vn 0 0 1\nvn 0 -1 0\ng one\ns off\nusemtl a\n"
        "f 1//1 2//1 \\\n3//1 4//1\nf 1/1/2 -1/1/2 2/1/-1\n"
    )
    read = Obj().read(file)
    corners = read.vertices[read.faces].tolist()
    assert corners[0] == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert corners[1] == [[0, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert corners[2] == [[0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert read.normals[read.faces][2].tolist() == [[0, -1, 0]] * 3
    assert read.normals[read.faces][0].tolist() == [[0, 0, 1]] * 3
    assert len(read.vertices) == 7
    assert Obj().read_recipe(file) is None


SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 0 0\n"


def test_obj_materials_beside_it_colour_its_faces(tmp_path):
    (tmp_path / "house.mtl").write_text(
        "newmtl red wall\nKa 0 0 0\nKd 1 0 0\nnewmtl roof\nKd 0 0.2 1 \n"
        "newmtl odd\nKd x 1 1\nKd nan 0 0\n"
    )
    file = tmp_path / "house.obj"
    file.write_text(
        f"mtllib house.mtl\n{SQUARE}usemtl red wall\nf 1 2 3 4\nusemtl roof\nf 2 5 3\n"
        "usemtl odd\nf 1 4 3\n"
    )
    read = Obj().read(file)
    assert read.colors[read.faces].tolist() == [
        *[[[255, 0, 0]] * 3] * 2,
        [[0, 51, 255]] * 3,
        [[204, 204, 204]] * 3,
    ]
    assert read.vertices[read.faces][2].tolist() == [[1, 0, 0], [2, 0, 0], [1, 1, 0]]
    # A copy under another name, its materials with it, as an import makes.
    moved = (tmp_path / "house.obj").rename(tmp_path / "house-2.obj")
    (tmp_path / "house.mtl").rename(tmp_path / "house-2.mtl")
    assert same(Obj().read(moved), read)


@pytest.mark.parametrize("name", ["../house.mtl", "/etc/hosts", "none.mtl", ".."])
def test_obj_materials_elsewhere_are_not_looked_for(name, tmp_path):
    (tmp_path / "house.mtl").write_text("newmtl a\nKd 1 0 0\n")
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "thing.obj"
    file.write_text(f"mtllib {name}\n{SQUARE}usemtl a\nf 1 2 3\n")
    assert Obj().read(file).colors is None


def test_obj_colours_of_its_own_come_before_materials(tmp_path, write):
    mesh = ball()
    file = write(Obj, mesh)
    file.with_suffix(".mtl").write_text("newmtl a\nKd 1 0 0\n")
    file.write_text(f"mtllib x.mtl\nusemtl a\n{file.read_text()}")
    assert same(Obj().read(file), mesh)


def test_an_obj_with_our_white_material_has_no_colours(write):
    mesh = ball(colors=False)
    assert same(Obj().read(write(Obj, mesh, material=True)), mesh)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("quads", [False, True])
def test_ply_face_colours_are_kept(quads, text, tmp_path):
    vertices = np.array([(i % 2, i // 2, 0) for i in range(6)], [(a, "f4") for a in "xyz"])
    faces = np.empty(2, [("red", "u1"), ("vertex_index", object), ("green", "u1"), ("blue", "u1")])
    corners = ([0, 1, 3, 2], [2, 3, 5, 4]) if quads else ([0, 1, 3], [2, 3, 5])
    for row, rgb, corner in zip(faces, [(255, 0, 1), (0, 128, 2)], corners, strict=True):
        row["red"], row["green"], row["blue"] = rgb
        row["vertex_index"] = np.array(corner, "i4")
    elements = [
        plyfile.PlyElement.describe(vertices, "vertex"),
        plyfile.PlyElement.describe(faces, "face"),
    ]
    file = tmp_path / "faces.ply"
    plyfile.PlyData(elements, text=text).write(file)
    read = Ply().read(file)
    each = 2 if quads else 1
    expected = [[[255, 0, 1]] * 3] * each + [[[0, 128, 2]] * 3] * each
    assert read.colors[read.faces].tolist() == expected
    assert read.vertices[read.faces][0].tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize("order", ["<", ">", "="])
@pytest.mark.parametrize("text", [False, True])
def test_ply_of_other_programs(order, text, tmp_path):
    """Doubles, float colours, unknown elements, quads beside triangles, extra face properties."""
    vertices = np.array(
        [(i, i * 2, i * i, 0.5, i / 8) for i in range(5)],
        [("x", "f8"), ("y", "f4"), ("z", "i2"), ("confidence", "f4"), ("red", "f4")],
    )
    vertices = np.lib.recfunctions.append_fields(
        vertices, ["green", "blue"], [vertices["red"]] * 2, usemask=False
    )
    faces = np.empty(2, [("flags", "u1"), ("vertex_index", object)])
    faces["flags"] = 7
    faces["vertex_index"][0] = np.array([0, 1, 2, 3], "i4")
    faces["vertex_index"][1] = np.array([0, 2, 4], "i4")
    camera = np.array([(1.0, 2)], [("view", "f4"), ("zoom", "u4")])
    elements = [
        plyfile.PlyElement.describe(camera, "camera"),
        plyfile.PlyElement.describe(vertices, "vertex"),
        plyfile.PlyElement.describe(faces, "face", len_types={"vertex_index": "u2"}),
    ]
    file = tmp_path / "other.ply"
    plyfile.PlyData(elements, text=text, byte_order=order).write(file)
    read = Ply().read(file)
    assert read.vertices.tolist() == [[i, i * 2, i * i] for i in range(5)]
    assert read.colors[:, 0].tolist() == [0, 32, 64, 96, 128]
    assert read.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 2, 4]]


def test_stl_as_text(tmp_path):
    shape = trimesh.creation.box()
    file = tmp_path / "other.stl"
    file.write_text(trimesh.exchange.stl.export_stl_ascii(shape))
    read = Stl().read(file)
    assert (len(read.vertices), len(read.faces)) == (8, 12)
    assert trimesh.Trimesh(read.vertices, read.faces).volume == pytest.approx(1)


def test_a_glb_scene_becomes_one_mesh(tmp_path):
    """Two boxes, one turned, enlarged and mirrored."""
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box(), node_name="a")
    placed = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3], [4, 5, 6])
    placed[:3, :3] *= 2
    mirror = np.diag([-1.0, 1, 1, 1])
    scene.add_geometry(trimesh.creation.box(), node_name="b", transform=placed @ mirror)
    file = tmp_path / "scene.glb"
    file.write_bytes(scene.export(file_type="glb"))
    read = Glb().read(file)
    solid = trimesh.Trimesh(read.vertices, read.faces)
    assert solid.volume == pytest.approx(1 + 8, rel=1e-5)
    np.testing.assert_allclose(solid.bounds, scene.bounds, atol=1e-5)


def test_glb_normals_turn_with_their_node(tmp_path, write):
    file = write(Glb, ball(colors=False))
    gltf = pygltflib.GLTF2().load(str(file))
    gltf.nodes[0].rotation = [0.5, 0.5, 0.5, 0.5]  # x to y to z
    gltf.nodes[0].scale = [1, 2, 4]
    gltf.save_binary(str(tmp_path / "turned.glb"))
    read = Glb().read(tmp_path / "turned.glb")
    before = Glb().read(file)
    np.testing.assert_allclose(read.vertices[:, 1], before.vertices[:, 0], atol=1e-5)
    np.testing.assert_allclose(read.vertices[:, 2], 2 * before.vertices[:, 1], atol=1e-5)
    expected = before.normals / np.float32([1, 2, 4])
    expected = np.roll(expected, 1, axis=1) / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(read.normals, expected, atol=1e-5)


@pytest.mark.parametrize("cls", [Ply, Glb])
def test_a_mesh_without_faces_is_points(cls, write):
    bare = Mesh(np.eye(3, dtype="f4"), np.zeros((0, 3), "i4"))
    if cls is Ply:
        assert type(cls().read(write(cls, bare))) is PointCloud
    else:
        with pytest.raises(
            UsageError, match="glb needs at least one triangle, and this mesh has none"
        ):
            write(cls, bare)


@pytest.mark.parametrize("cls", [Ply, Glb, Obj, Stl])
def test_refuses_to_write_nothing(cls, write):
    with pytest.raises(UsageError, match="at least one"):
        write(cls, Mesh(np.zeros((0, 3), "f4"), np.zeros((0, 3), "i4")))


@pytest.mark.parametrize("cls", [Obj, Stl])
def test_meshes_only(cls, write):
    with pytest.raises(UsageError, match=f"^{cls.spec.id} holds Mesh, not PointCloud$"):
        write(cls, cloud())


def test_errors_name_the_place(tmp_path):
    file = tmp_path / "broken.obj"
    file.write_text("v 0 0 0\nv 0 0 1\nf 1 2 9\n")
    said = f"{file}: cannot be read: line 3: a face refers to vertex 9, and there are 2; "
    with pytest.raises(InputFileError) as caught:
        Obj().read(file)
    assert caught.value.message == said + "expected a whole OBJ model"
    assert caught.value.culprit == str(file)
