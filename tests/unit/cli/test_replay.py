"""`studio inspect` and `studio replay`."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from studio.api import (
    Audio,
    Generator,
    GeneratorSpec,
    Image,
    Mesh,
    Note,
    Params,
    PointCloud,
    Recipe,
    Score,
    Text,
    Track,
    hookimpl,
)
from studio.cli.comparing import asset_differences, recipe_differences
from studio.fakes import fake_registry


def test_inspect_shows_the_recipe(run, made):
    out = run("inspect", made).out
    assert "fake-image 1" in out
    assert "  seed " in out
    recipe = run("inspect", made, "--json").json
    assert (recipe["generator"], recipe["seed"], recipe["params"]["size"]) == ("fake-image", 5, 16)


def test_inspect_shows_what_went_in(run, made, tmp_path):
    run("generate", "fake-image", "--seed", 1, "--input", made)
    out = run("inspect", "fake-image-1.fake").out
    assert "fake-image-5.fake, which went in" in out


def test_inspect_reads_the_recipe_beside_a_file(run, tmp_path):
    run("generate", "fake-image", "--seed", 1, "--format", "bare")
    assert run("inspect", "fake-image-1.bare", "--json").json["seed"] == 1
    # Even where nobody knows the format any more.
    (tmp_path / "fake-image-1.bare").rename(tmp_path / "x.odd")
    (tmp_path / "fake-image-1.bare.recipe.json").rename(tmp_path / "x.odd.recipe.json")
    assert run("inspect", "x.odd", "--json").json["seed"] == 1


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.fake", {"recipe": None}, "x.fake holds no recipe, and none lies beside it"),
        ("x.fake", {"recipe": '{"generator": 3}'}, "x.fake: the recipe inside cannot be read"),
        ("x.odd", {}, "no file format is called 'odd'"),
    ],
)
def test_a_file_without_a_recipe_is_refused(run, tmp_path, name, content, expected):
    (tmp_path / name).write_text(json.dumps(content))
    for command in ("inspect", "replay"):
        done = run(command, name)
        assert done.code == 2
        assert expected in done.sentence


def test_a_folder_is_refused(run, tmp_path):
    (tmp_path / "folder").mkdir()
    assert run("inspect", "folder").sentence == "folder is a folder, expected a file"


@pytest.mark.parametrize("id_", [f"fake-{kind}" for kind in ("image", "audio", "score", "text")])
def test_the_same_again_is_identical(run, id_):
    run("generate", id_, "--seed", 3, "--out", "x.fake")
    done = run("replay", "x.fake")
    assert (done.code, done.out, done.err) == (0, "identical\n", "")


def test_latent_points_are_replayed_exactly(run):
    run("generate", "fake-latent", "--seed", 3, "--out", "x.fake")
    run("generate", "fake-latent", "--latent-from", "x.fake", "--vary", 0.3, "--out", "y.fake")
    assert run("replay", "x.fake", "y.fake").out == "x.fake: identical\ny.fake: identical\n"


def test_an_encoded_point_is_replayed_exactly(run, made):
    run("generate", "fake-latent", "--latent-from", made, "--seed", 1, "--out", "x.fake")
    assert run("replay", "x.fake", "--json").json[0]["identical"]


def test_the_same_options_of_the_format_are_used(run):
    words = ("generate", "fake-image", "--seed", 1, "--out", "x.bare")
    run(*words, "--option", "invert=yes")
    assert run("replay", "x.bare").out == "identical\n"


def test_a_recipe_beside_a_file_stands_for_it(run, tmp_path):
    run("generate", "fake-image", "--seed", 1, "--count", 2, "--format", "bare", "--out", "x/")
    done = run("replay", *sorted((tmp_path / "x").iterdir()))
    assert done.code == 0
    assert done.out.count("identical") == 2


def test_a_file_that_was_renamed_can_be_replayed(run, made, tmp_path):
    made.rename(tmp_path / "my picture.fake")
    assert run("replay", "my picture.fake").out == "identical\n"


def test_nothing_stays_behind_but_what_was_asked_for(run, made, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    run("replay", made)
    assert sorted(tmp_path.rglob("*")) == before
    done = run("replay", made, "--out", "again.fake")
    assert done.out == f"identical\n{tmp_path / 'again.fake'}\n"
    assert (tmp_path / "again.fake").read_bytes() == made.read_bytes()
    assert run("replay", made, "--out", made.parent).code == 0
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def changed(file, **changes):
    """Change parts of a fake file."""
    held = json.loads(file.read_text())
    file.write_text(json.dumps({**held, **changes}))


def test_what_differs_is_said(run, made, tmp_path):
    held = json.loads(made.read_text())
    dtype, shape, values = held["arrays"]["pixels"]
    values[0] = (values[0] + 7) % 256
    values[9] = (values[9] + 2) % 256
    changed(made, arrays={"pixels": [dtype, shape, values]})
    done = run("replay", made)
    assert done.code == 1
    assert done.out.startswith("different\n  pixels: 2 of 256 differ, by up to ")
    (verdict,) = run("replay", made, "--json").json
    assert not verdict["identical"]
    assert verdict["file"] == str(made)


def test_the_same_asset_from_other_versions_is_identical_and_says_so(run, made):
    recipe = json.loads(json.loads(made.read_text())["recipe"])
    changed(made, recipe=json.dumps({**recipe, "version": "0", "runtime": "elder 1"}))
    done = run("replay", made)
    assert done.code == 0
    assert done.out.splitlines()[0] == "identical"
    assert "fake-image is version 1, it was 0" in done.out
    assert "it ran on nothing, before on elder 1" in done.out


def test_a_file_whose_format_cannot_be_read_back_differs_or_not(run, tmp_path):
    run("generate", "fake-image", "--seed", 1, "--out", "x.bare")
    (tmp_path / "x.bare").write_bytes(b"other")
    done = run("replay", "x.bare")
    assert (done.code, done.out) == (1, "different\n  the files differ\n")


@pytest.fixture
def child(run, made, tmp_path):
    """A picture made from another one, in another folder."""
    words = ("generate", "fake-image", "--seed", 1, "--input", made, "--out", "out/")
    assert run(*words).code == 0
    return tmp_path / "out" / "fake-image-1.fake"


def test_inputs_are_found_by_their_hash(run, child, made, tmp_path):
    done = run("replay", child)
    assert done.code == 2
    assert "neither given with --input nor beside it" in done.sentence
    assert "'fake-image-5.fake' (sha256 " in done.sentence
    assert run("replay", child, "--input", made).out == "identical\n"
    shutil.copy(made, child.parent / "renamed.fake")
    assert run("replay", child).out == "identical\n"  # the name it had is known


def test_an_input_that_was_changed_is_not_taken(run, child, made):
    changed(made, meta={"note": 1})
    assert run("replay", child, "--input", made).code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--out", "missing/x/"], "folder missing is not there"),
        (["--out", "x.fake", "again.fake"], "names one file, but 2 are to be made"),
        (["--input", "nowhere"], None),
        (["--device", "gpu"], "'gpu'"),
    ],
)
def test_bad_input(run, made, words, expected, tmp_path):
    shutil.copy(made, tmp_path / "again.fake")
    done = run("replay", made, *words)
    if expected is None:  # not needed, so not looked at
        assert done.code == 0
    else:
        assert done.code == 2
        assert expected in done.sentence


def test_a_generator_that_is_gone_is_named(run, made):
    recipe = json.loads(json.loads(made.read_text())["recipe"])
    changed(made, recipe=json.dumps({**recipe, "generator": "fake-imagine"}))
    done = run("replay", made)
    assert done.code == 2
    assert "no generator is called 'fake-imagine', did you mean" in done.sentence


def test_a_file_that_was_only_written_anew_cannot_be_replayed(run, made):
    recipe = json.loads(json.loads(made.read_text())["recipe"])
    changed(made, recipe=json.dumps({**recipe, "generator": ""}))
    assert "only written anew" in run("replay", made).sentence


def test_a_plugin_that_cannot_do_it_again_is_named(run, session):
    class Moody(Generator[Params]):
        spec = GeneratorSpec(id="moody", title="M", summary="M", version="1", output=Text)
        broken = False

        def generate(self, params, ctx):
            if self.broken:
                raise RuntimeError("not today")
            yield Text("x")

    class Plugin:
        @hookimpl
        def studio_generators(self):
            return [Moody]

    session.plugins = fake_registry(Plugin())
    run("generate", "moody", "--seed", 1, "--out", "x.fake")
    Moody.broken = True
    done = run("replay", "x.fake")
    assert (done.code, done.sentence) == (1, "plugin 'moody' failed: RuntimeError: not today")


def test_as_a_process(studio):
    studio("generate", "fake-image", "--seed", 1)
    done = studio("replay", "fake-image-1.fake")
    assert (done.code, done.out, done.err) == (0, "identical\n", "")


RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 200, (4, 4, 3), "uint8")
POINTS = RNG.standard_normal((5, 3)).astype("float32")
FACES = np.array([[0, 1, 2]], "int32")
NOTES = (Note(0, 1, 60), Note(1, 1, 62))


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (Image(PIXELS), Image(PIXELS), []),
        (Image(PIXELS), Image(PIXELS + 1), ["pixels: 16 of 16 differ, by up to 1 of 255"]),
        (
            Image(PIXELS),
            Image(PIXELS[:2]),
            ["pixels: uint8 of shape (2, 4, 3), before uint8 of shape (4, 4, 3)"],
        ),
        (Image(PIXELS), Text("x"), ["it is text, it was image"]),
        (
            Audio(np.zeros((9, 1), "float32"), 8000),
            Audio(np.full((9, 1), 0.25, "float32"), 9000),
            ["sample_rate: is 9000, was 8000", "samples: 9 of 9 differ, by up to 0.25"],
        ),
        (
            Score((Track(NOTES),)),
            Score((Track((NOTES[0], Note(1, 1, 63))),), tempo=90.0),
            ["tempo: is 90.0, was 120.0", "notes: 1 of 2 differ"],
        ),
        (Text("a" * 30), Text("a" * 29 + "b"), ["text: differs from character 29 on"]),
        (Text("short"), Text("shirt"), ["text: is shirt, was short"]),
        (
            PointCloud(POINTS),
            PointCloud(POINTS, np.zeros((5, 3), "uint8")),
            ["colours: there are some now"],
        ),
        (
            Mesh(POINTS, FACES),
            Mesh(POINTS, FACES[:, ::-1]),
            ["faces: 1 of 1 differ, by up to 2"],
        ),
    ],
)
def test_how_far_two_assets_are_apart(before, now, said):
    assert asset_differences(before, now) == said


def test_how_two_recipes_differ():
    before = Recipe(
        generator="x",
        version="1",
        seed=1,
        weights={"net.onnx": "a" * 64},
        params={"size": 3, "old": 1},
        device="cuda",
        options={"quality": 90},
        studio="0.1",
        stopped=7,
    )
    now = before.model_copy(
        update={
            "version": "2",
            "weights": {"net.onnx": "b" * 64},
            "params": {"size": 4},
            "device": "cpu",
            "options": {"quality": 80},
            "studio": "0.2",
            "stopped": None,
        }
    )
    assert recipe_differences(before, before) == []
    assert recipe_differences(before, now) == [
        "x is version 2, it was 1",
        "weights net.onnx is bbbbbbbbbbbb…, it was aaaaaaaaaaaa…",
        "parameter old is absent, it was 1",
        "parameter size is 4, it was 3",
        "it stopped at its end, before after 7 steps",
        "option quality is 80, it was 90",
        "the device was cpu, before cuda",
        "the studio is version 0.2, it was 0.1",
    ]


@pytest.mark.parametrize("name", [".", "/", ".recipe.json"])
def test_replay_of_what_has_no_name_is_refused(run, name):
    done = run("replay", name)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "expected a file" in done.sentence


@pytest.mark.parametrize("name", ["", "/", "..", "x.**", "x.["])
def test_a_recipe_may_call_its_inputs_anything(run, made, name):
    held = json.loads(made.read_text())
    recipe = json.loads(held["recipe"])
    recipe["inputs"] = [{"name": name, "sha256": "0" * 64}]
    made.write_text(json.dumps(held | {"recipe": json.dumps(recipe)}))
    done = run("replay", made)
    assert done.code == 2
    assert "neither given with --input nor beside it" in done.sentence
