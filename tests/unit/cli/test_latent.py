"""Latent play on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.fakes import FakeExporter, FakeLatent
from studio.project import Project
from studio.recipe import decode_latent


def point(file):
    """The latent point a file was made from."""
    recipe = FakeExporter().read_recipe(Path(file))
    if recipe.latent is not None:
        return decode_latent(recipe.latent)
    generator = FakeLatent()
    return generator.sample_latent(np.random.default_rng(recipe.seed), None)


@pytest.fixture
def play(run):
    """Makes discs and returns their paths; two are there to start from."""

    def call(*words):
        done = run("generate", "fake-latent", *words)
        assert done.code == 0, done.err
        return done.out.splitlines()

    call("--seed", 1, "--out", "a.fake", "--size", 9)
    call("--seed", 2, "--out", "b.fake")
    return call


def test_from_an_asset_its_point_seed_and_parameters_are_taken(play):
    (path,) = play("--latent-from", "a.fake", "--out", "out/")
    recipe = FakeExporter().read_recipe(Path(path))
    assert (recipe.seed, recipe.params["size"]) == (1, 9)
    np.testing.assert_array_equal(point(path), point("a.fake"))
    same = FakeExporter().read(Path(path)), FakeExporter().read(Path("a.fake"))
    np.testing.assert_array_equal(same[0].pixels, same[1].pixels)


def test_parameters_that_are_given_count_more(play):
    (path,) = play("--latent-from", "a.fake", "--size", 4, "--out", "out/")
    assert FakeExporter().read_recipe(Path(path)).params["size"] == 4


def test_along_an_axis(play):
    (path,) = play("--latent-from", "a.fake", "--move", "right=1.5", "--move", "size=-1")
    expected = point("a.fake") + np.array([1.5, 0, -1, 0, 0, 0], np.float32)
    np.testing.assert_allclose(point(path), expected, atol=1e-6)


def test_along_an_axis_from_a_seed(play):
    paths = play("--seed", 2, "--count", 2, "--move", "right=1", "--out", "out/")
    drawn = point("b.fake")
    np.testing.assert_allclose(point(paths[0]) - drawn, [1, 0, 0, 0, 0, 0], atol=1e-6)
    assert not np.allclose(point(paths[0]), point(paths[1]))


def test_toward_another_asset(play):
    (path,) = play("--latent-from", "a.fake", "--toward", "b.fake", "--mix", 0.25)
    expected = 0.75 * point("a.fake") + 0.25 * point("b.fake")
    np.testing.assert_allclose(point(path), expected, atol=1e-6)


def test_toward_another_asset_in_even_steps(play):
    words = ("--latent-from", "a.fake", "--toward", "b.fake", "--count", 5, "--out", "way/")
    paths = play(*words)
    assert paths == [f"way/fake-latent-1{end}.fake" for end in ("", "-2", "-3", "-4", "-5")]
    way = np.stack([point(path) for path in paths])
    np.testing.assert_array_equal(way[0], point("a.fake"))
    np.testing.assert_array_equal(way[-1], point("b.fake"))
    np.testing.assert_allclose(np.diff(way, axis=0).std(axis=0), 0, atol=1e-6)
    assert play(*words) == paths


def test_a_little_away(play):
    paths = play("--latent-from", "a.fake", "--vary", 0.1, "--count", 2, "--seed", 40)
    assert paths == ["fake-latent-40.fake", "fake-latent-41.fake"]
    distances = [np.linalg.norm(point(path) - point("a.fake")) for path in paths]
    assert 0 < max(distances) < 1
    assert not np.allclose(point(paths[0]), point(paths[1]))


def test_an_asset_made_elsewhere_is_encoded(run, play):
    run("generate", "fake-image", "--seed", 3, "--out", "noise.fake")
    (path,) = play("--latent-from", "noise.fake", "--seed", 9)
    recipe = FakeExporter().read_recipe(Path(path))
    assert [given.name for given in recipe.inputs] == ["noise.fake"]
    expected = FakeLatent().encode(FakeExporter().read(Path("noise.fake")), None)
    np.testing.assert_array_equal(point(path), expected)


def test_in_a_project_the_asset_to_start_at_is_the_parent(run, play, tmp_path):
    run("project", "new", "mine.studio")
    (first,) = play("--seed", 1, "--project", "mine.studio")
    play("--latent-from", first, "--vary", 0.2, "--seed", 8, "--project", "mine.studio")
    with Project.open(tmp_path / "mine.studio", readonly=True) as project:
        parent, child = project.assets()
    assert child.latents == (parent.id,)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--move", "rihgt=1"], "has no latent axis 'rihgt', did you mean 'right'?"),
        (["--move", "right=far"], "--move is 'right=far', expected AXIS=NUMBER"),
        (["--move", "right=nan"], "expected AXIS=NUMBER"),
        (["--mix", "0.5"], "--mix says how far to go --toward a FILE; name it"),
        (["--toward", "b.fake", "--mix", "2"], "'2', expected a number from 0 to 1"),
        (["--toward", "b.fake", "--vary", "0.1"], "--toward and --vary are two ways to go"),
        (["--vary", "0.1"], "name it with --latent-from FILE"),
        (["--latent-from", "nowhere.fake"], "nowhere.fake is not there, expected a file"),
        (["--latent-from", "words.txt"], "no file format is called 'txt'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence(run, play, tmp_path, words, expected):
    (tmp_path / "words.txt").write_text("words")
    done = run("generate", "fake-latent", "--seed", 1, "--out", "out/", *words)
    assert done.code == 2
    assert expected in done.sentence


def test_an_asset_of_another_generator_is_refused_where_nothing_encodes(run, session, made):
    from studio.api import Generator, hookimpl
    from studio.fakes import fake_registry

    spec = FakeLatent.spec

    class Blind(FakeLatent):
        pass

    Blind.spec = type(spec)(
        **{**vars(spec), "id": "blind", "latent": type(spec.latent)(size=6)},
    )

    class Plugin:
        @hookimpl
        def studio_generators(self) -> list[type[Generator]]:
            return [Blind]

    session.__dict__["registry"] = fake_registry(Plugin())
    done = run("generate", "blind", "--latent-from", made)
    assert done.code == 2
    assert done.sentence.endswith("was made by fake-image; expected a file made by blind")
