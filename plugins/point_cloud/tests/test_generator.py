"""The generators: the contract, what their parameters do, latents, and recipes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from studio.api import (
    Input,
    InputFileError,
    JobCancelledError,
    Mesh,
    ParamError,
    PointCloud,
    UsageError,
)
from studio.params import parse
from studio.testing import check_generator, context, example_asset, runtime, same, write_plugin
from studio_point_cloud import studio_generators
from studio_point_cloud.weights import FOLDER, WEIGHTS, fingerprints

from .tiny import BLUE, RED, ball

GREEN = (20, 160, 60)
ALL = ("points", "mesh", "complete points", "complete mesh")


def make(generator, seed: int = 1, inputs=(), **params):
    values = parse(generator.spec.params, params, who=generator.spec.id)
    (asset,) = generator.generate(values, context(seed, tuple(Input(each) for each in inputs)))
    return asset


def extent(rows: np.ndarray) -> np.ndarray:
    return rows.max(axis=0) - rows.min(axis=0)


@pytest.mark.parametrize("name", ALL)
def test_the_contract_is_kept(kinds, name):
    cls = kinds[name]
    inputs = (Input(ball(1.0), "ball.ply"),) if cls.spec.min_inputs else ()
    made = check_generator(cls, params={"kind": "ball", "detail": "48"}, inputs=inputs)
    assert type(made) is cls.spec.output


def test_declared_weights_are_those_that_ship():
    declared = {each.file.name: (each.size, each.sha256) for each in WEIGHTS}
    assert declared == fingerprints(FOLDER)
    assert sum(each.size for each in WEIGHTS) < 20_000_000
    for each in WEIGHTS:
        assert "Kenney" in each.attribution
        assert "Quaternius" in each.attribution


def test_fingerprints_are_those_of_the_files(model):
    content = (model / "field.onnx").read_bytes()
    expected = (len(content), hashlib.sha256(content).hexdigest())
    assert fingerprints(model)["field.onnx"] == expected


@pytest.mark.parametrize(
    ("kind", "colour", "sides"), [("ball", RED, (1, 1, 1)), ("block", BLUE, (1, 0.63, 0.84))]
)
@pytest.mark.parametrize("name", ["points", "mesh"])
def test_a_kind_has_its_shape_and_colour(loaded, name, kind, colour, sides):
    made = make(loaded[name], kind=kind, temperature=0)
    rows = made.points if name == "points" else made.vertices
    np.testing.assert_allclose(extent(rows), sides, atol=0.12)  # planes cut corners
    # Which the tiny flow comes near to, and not all of the way.
    assert np.abs(made.colors.astype(float) - np.array(colour)).mean() < 15


@pytest.mark.parametrize("name", ["points", "mesh"])
def test_a_shape_stands_on_the_middle_of_its_floor_in_its_size(loaded, name):
    made = make(loaded[name], kind="block", size=2.5)
    rows = made.points if name == "points" else made.vertices
    low, high = rows.min(axis=0), rows.max(axis=0)
    assert (high - low).max() == pytest.approx(2.5, rel=1e-5)
    assert low[1] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose((low + high)[[0, 2]], 0, atol=1e-5)


@pytest.mark.parametrize("count", [512, 2048, 16_384])
def test_as_many_points_as_asked_for_lie_evenly_with_normals(loaded, count):
    made = make(loaded["points"], kind="ball", temperature=0, points=count)
    assert made.points.shape == made.normals.shape == made.colors.shape == (count, 3)
    np.testing.assert_allclose(np.linalg.norm(made.normals, axis=1), 1, atol=1e-5)
    middle = made.points.min(axis=0) + extent(made.points) / 2
    outward = ((made.points - middle) * made.normals).sum(axis=1)
    assert (outward > 0).mean() > 0.98
    octants = np.bincount(((made.points > middle) * (1, 2, 4)).sum(axis=1), minlength=8)
    assert octants.min() > 0.7 * count / 8


@pytest.mark.parametrize("faces", [200, 1000, 5000])
@pytest.mark.parametrize("detail", ["48", "64"])
def test_a_mesh_keeps_to_its_faces_and_is_closed(loaded, faces, detail):
    made = make(loaded["mesh"], kind="block", faces=faces, detail=detail)
    assert 0 < len(made.faces) <= faces
    solid = trimesh.Trimesh(made.vertices, made.faces, process=False)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0


def test_faceted_meshes_have_flat_faces_of_one_colour(loaded):
    made = make(loaded["mesh"], kind="ball", shading="faceted", faces=300)
    corners = made.faces
    assert len(made.vertices) == 3 * len(corners)
    assert (made.colors[corners] == made.colors[corners][:, :1]).all()
    assert (made.normals[corners] == made.normals[corners][:, :1]).all()
    joined = trimesh.Trimesh(made.vertices, corners)
    joined.merge_vertices(merge_norm=True, merge_tex=True)
    assert joined.is_watertight


def test_smooth_meshes_share_vertices_and_have_their_normals(loaded):
    made = make(loaded["mesh"], kind="ball", temperature=0)
    assert len(made.vertices) < len(made.faces)
    middle = made.vertices.min(axis=0) + extent(made.vertices) / 2
    assert (((made.vertices - middle) * made.normals).sum(axis=1) > 0).mean() > 0.95


def test_seeds_differ_and_points_and_meshes_of_one_are_the_same_shape(loaded):
    assert not same(make(loaded["points"], 1), make(loaded["points"], 2))
    cloud, mesh = make(loaded["points"], 5, kind="block"), make(loaded["mesh"], 5, kind="block")
    np.testing.assert_allclose(extent(cloud.points), extent(mesh.vertices), atol=0.06)


def test_any_kind_is_drawn(loaded):
    params = loaded["points"].spec.params()
    drawn = [
        loaded["points"].sample_latent(np.random.default_rng(seed), params)[1024:].argmax()
        for seed in range(20)
    ]
    assert set(drawn) == {0, 1}


def test_a_seed_keeps_its_noise_whatever_is_asked_for(loaded):
    generator = loaded["points"]
    first, second, third = (
        generator.sample_latent(
            np.random.default_rng(3), parse(generator.spec.params, wish, who="tiny")
        )
        for wish in ({"kind": "ball"}, {"kind": "block"}, {"temperature": 0.5})
    )
    assert (first[:1024] == second[:1024]).all()
    np.testing.assert_allclose(third[:1024], first[:1024] / 2, rtol=1e-6)
    assert first[1024:].tolist() == [1, 0]
    assert second[1024:].tolist() == [0, 1]


def test_guidance_goes_beyond_the_kind(loaded):
    space = loaded["points"]._space
    point = space.draw(np.random.default_rng(0), "ball", 0.0)
    plain, doubled, none = (space.tokens(point, by, lambda _: None) for by in (1.0, 2.0, None))
    np.testing.assert_allclose(doubled, 2 * plain, atol=1e-5)
    assert (none == plain).all()  # what the tiny model says looks best


def test_a_shape_that_was_brought_comes_back(loaded):
    generator, params = loaded["mesh"], loaded["mesh"].spec.params()
    egg = ball(1.0, GREEN)
    moved = Mesh(egg.vertices * np.float32([30, 24, 21]) + 7, egg.faces, egg.colors)
    latent = generator.encode(moved, params)
    assert not latent[1024:].any()
    made = generator.decode(latent, params, context(1))
    np.testing.assert_allclose(extent(made.vertices), (1, 0.8, 0.7), atol=0.08)
    assert np.abs(made.colors.astype(float) - np.array(GREEN)).mean() < 15
    solid = trimesh.Trimesh(made.vertices, made.faces, process=False)
    assert solid.is_watertight


def test_a_cloud_without_normals_or_colours_can_be_brought(loaded):
    generator, params = loaded["points"], loaded["points"].spec.params()
    whole = ball(3.0)
    rng = np.random.default_rng(0)
    bare = PointCloud(whole.vertices + rng.normal(0, 0.01, whole.vertices.shape).astype("f4"))
    made = generator.decode(generator.encode(bare, params), params, context(1))
    np.testing.assert_allclose(extent(made.points), (1, 1, 1), atol=0.08)
    assert np.abs(made.colors.astype(float) - 153).mean() < 5


def test_sliders_lead_toward_kinds(loaded):
    generator, params = loaded["points"], loaded["points"].spec.params()
    ball_, block_ = generator.directions()
    assert [axis.name for axis in generator.spec.latent.axes] == ["ball", "block"]
    point = generator._space.draw(np.random.default_rng(0), "ball", 0.0)
    tall = [
        extent(generator.decode(point + by * block_, params, context(1)).points)[1]
        for by in (0.0, 0.5, 1.0)
    ]
    assert tall == sorted(tall, reverse=True)
    assert tall[0] - tall[2] > 0.1
    assert (point == ball_).all()


def test_between_a_ball_and_a_block_lies_something_between(loaded):
    generator, params = loaded["points"], loaded["points"].spec.params()
    space = generator._space
    ends = [space.draw(np.random.default_rng(0), kind, 0.0) for kind in ("ball", "block")]
    middle = generator.decode((ends[0] + ends[1]) / 2, params, context(1))
    tall = extent(middle.points)[1]
    assert 0.63 < tall < 1
    mean = middle.colors.astype(float).mean(axis=0)
    assert np.abs(mean - (np.array(RED) + BLUE) / 2).max() < 40


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (PointCloud(np.zeros((0, 3), "f4")), "no points"),
        (PointCloud(np.ones((9, 3), "f4")), "one place"),
        (Mesh(np.ones((3, 3), "f4"), np.array([[0, 1, 2]], "i4")), "one place"),
    ],
)
@pytest.mark.parametrize("name", ["points", "complete mesh"])
def test_a_shape_that_is_none_is_refused_in_a_sentence(loaded, name, given, said):
    generator = loaded[name]
    params, ctx = generator.spec.params(), context(1, (Input(given, "a.ply"),))
    brought = {
        "points": lambda: generator.encode(given, params),
        "complete mesh": lambda: list(generator.generate(params, ctx)),
    }
    with pytest.raises(InputFileError, match=f"{said}.*, expected"):
        brought[name]()


def test_another_kind_of_asset_is_refused(loaded):
    from studio.api import Image

    with pytest.raises(InputFileError, match="expected a mesh or a point cloud"):
        loaded["points"].encode(example_asset(Image), loaded["points"].spec.params())


def test_where_guidance_leads_to_nothing_it_is_left_out(loaded, monkeypatch):
    generator = loaded["mesh"]
    point = generator._space.draw(np.random.default_rng(0), "ball", 1.0)
    tokens, asked = generator._space.tokens, []

    def first_empty(latent, guidance, pause):
        asked.append((latent[:1024], guidance))
        return tokens(latent, guidance, pause) * (len(asked) > 2)

    monkeypatch.setattr(generator._space, "tokens", first_empty)
    assert len(generator.decode(point, generator.spec.params(), context(1)).faces)
    assert [guidance for _, guidance in asked] == [None, 1.0, None]
    assert (asked[1][0] == point[:1024]).all()
    assert (asked[2][0] == -point[:1024]).all()


def test_an_empty_shape_is_said_to_be_one(loaded):
    nothing = np.zeros(1026, "f4")
    with pytest.raises(UsageError, match="empty shape"):
        loaded["mesh"].decode(nothing, loaded["mesh"].spec.params(), context(1))


@pytest.mark.parametrize("wrong", [{"points": 10}, {"kind": "bal"}, {"size": 0}, {"detail": "99"}])
def test_wrong_parameters_are_refused(loaded, wrong):
    with pytest.raises(ParamError, match="expected"):
        parse(loaded["points"].spec.params, wrong, who="tiny")


@pytest.mark.parametrize("name", ALL)
def test_a_job_that_is_cancelled_leaves_in_the_middle(loaded, name):
    class Impatient(type(context())):
        calls = 0

        def check_cancelled(self):
            Impatient.calls += 1
            if Impatient.calls > 7:
                raise JobCancelledError("cancelled")

    generator = loaded[name]
    values = generator.spec.params()
    inputs = (Input(ball(1.0)),) if generator.spec.min_inputs else ()
    plain = context(1, inputs)
    ctx = Impatient(1, inputs, "cpu", plain._cancelled, lambda *_: None)
    with pytest.raises(JobCancelledError):
        list(generator.generate(values, ctx))
    assert Impatient.calls == 8


def test_progress_goes_forward(kinds, loaded):
    said: list[float] = []
    plain = context(1)
    ctx = type(plain)(1, (), "cpu", plain._cancelled, lambda fraction, _: said.append(fraction))
    list(loaded["points"].generate(loaded["points"].spec.params(), ctx))
    assert len(said) > 12
    assert said == sorted(said)


def test_the_networks_are_given_back(kinds):
    networks, generator = runtime(), kinds["points"]()
    generator.load(networks)
    generator.close()
    networks.close()
    with pytest.raises(Exception, match="NoneType"):
        make(generator)


def test_importing_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'numpy', 'onnx', 'fast_simplification', 'scipy'}"
    code = (
        "import sys, studio_point_cloud; studio_point_cloud.studio_generators();"
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_generator_has_an_id_of_its_own():
    ids = [cls.spec.id for cls in studio_generators()]
    assert ids == [
        "point-cloud", "point-cloud-mesh", "point-cloud-complete", "point-cloud-complete-mesh"
    ]  # fmt: skip


class TestOnTheCommandLine:
    @pytest.fixture
    def studio(self, model, tmp_path):
        """Runs `studio` where the tiny model's generators are installed."""
        source = (
            f"import sys; sys.path.insert(0, {str(tmp_path / 'lib')!r})\n"
            "from pathlib import Path\n"
            "from studio.api import hookimpl\n"
            "from tiny_shapes.tiny import generators\n"
            "@hookimpl\n"
            "def studio_generators():\n"
            f"    return generators(Path({str(model)!r}))\n"
        )
        from . import tiny

        package = tmp_path / "lib" / "tiny_shapes"
        package.mkdir(parents=True)
        (package / "tiny.py").write_text(Path(tiny.__file__).read_text())
        write_plugin(tmp_path / "plugin", "tiny_plugin", source)
        path = os.pathsep.join([str(tmp_path / "plugin"), os.environ.get("PYTHONPATH", "")])
        env = {**os.environ, "PYTHONPATH": path}

        def run(*words: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "studio", *words],
                capture_output=True, text=True, env=env, cwd=tmp_path,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return done.stdout

        return run

    def test_points_are_written_as_ply_and_replayed(self, studio, tmp_path):
        command = ("generate", "tiny-point-cloud", "--kind", "block", "--seed", "7")
        out = studio(*command, "--count", "2", "--out", "made/")
        files = [tmp_path / line for line in out.split()]
        assert [file.suffix for file in files] == [".ply", ".ply"]
        cloud = trimesh.load(files[0])
        assert cloud.vertices.shape == (2048, 3)
        assert "identical" in studio("replay", str(files[0]))

    def test_meshes_are_written_as_glb_and_found_again(self, studio, tmp_path):
        studio("generate", "tiny-point-cloud-mesh", "--seed", "3", "--out", "a.glb")
        out = studio(
            "generate", "tiny-point-cloud-mesh", "--latent-from", "a.glb", "--vary", "0.3",
            "--seed", "1", "--out", "b.glb", "--json",
        )  # fmt: skip
        assert json.loads(out.splitlines()[-1])
        solid = trimesh.load(tmp_path / "b.glb", force="mesh")
        assert solid.is_watertight
        assert "identical" in studio("replay", "b.glb")

    def test_parameters_are_shown(self, studio):
        said = studio("show", "tiny-point-cloud")
        for word in ("kind", "points", "temperature", "size", "tiny"):
            assert word in said
