"""`studio` and `studio PROJECT`, with a window and without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.api import Generator, GeneratorSpec, Image, Params, hookimpl
from studio.cli.start import no_window
from studio.fakes import FakeImage, FakePoints, FakeText, fake_registry
from studio.folders import starter_project
from studio.project import Project
from studio.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a display")


class Quiet:
    """A few fakes, one of which needs an input."""

    @hookimpl
    def studio_generators(self) -> list[type[Generator]]:
        return [FakeImage, FakeText, FakePoints, Needy]


class Needy(Generator[Params]):
    spec = GeneratorSpec(
        id="needy",
        title="N",
        summary="N",
        version="1",
        output=Image,
        accepts=(Image,),
        min_inputs=1,
        max_inputs=1,
    )

    def generate(self, params, ctx):
        yield ctx.inputs[0].asset


class Formats:
    @hookimpl
    def studio_exporters(self):
        from studio.fakes import FakeExporter

        return [FakeExporter]


@pytest.fixture(autouse=True)
def _no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def quiet(session):
    registry = Registry()
    registry.add(Quiet(), "quiet")
    registry.add(Formats(), "formats")
    session.plugins = registry


def test_without_a_display_the_starter_project_is_made(run, quiet):
    done = run()
    assert done.code == 0
    assert "there is no display" in done.sentence
    paths = [Path(line) for line in done.out.splitlines()]
    assert [path.name for path in paths] == [
        "fake-image-1.fake",
        "fake-text-1.fake",
        "fake-points-1.fake",
    ]
    assert all(path.is_file() for path in paths)
    with Project.open(starter_project()) as project:
        assert [row.kind for row in project.assets()] == ["image", "text", "points"]
        assert len(project.cards()) == 3


def test_a_second_start_makes_nothing_twice(run, quiet):
    first, second = run(), run()
    assert (second.code, second.out) == (0, first.out)
    with Project.open(starter_project()) as project:
        assert len(project.assets()) == 3


def test_one_plugin_that_fails_does_not_stop_the_others(run, session):
    session.plugins = fake_registry()
    done = run()
    assert done.code == 1
    assert "plugin 'fake-bad' failed" in done.err
    assert len(done.out.splitlines()) == 7


def test_a_new_project_is_made_where_it_is_named(run, quiet, tmp_path):
    done = run("mine.studio")
    assert done.code == 0
    assert all(line.startswith(str(tmp_path / "mine.studio")) for line in done.out.splitlines())


def test_an_existing_project_is_left_alone(run, quiet, tmp_path):
    with Project.create(tmp_path / "mine.studio"):
        pass
    done = run("mine.studio")
    assert done.code == 2
    assert "`studio project show mine.studio` tells what is in it" in done.sentence
    with Project.open(tmp_path / "mine.studio") as project:
        assert project.assets() == []


def test_the_starter_project_in_use_is_said(studio):
    with Project.create(starter_project()):
        done = studio()
    assert done.code == 2
    assert "Starter.studio' is open in process" in done.err


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_a_display_is_noticed(monkeypatch, name):
    pytest.importorskip("PySide6")
    assert no_window() == "there is no display"
    monkeypatch.setenv(name, "offscreen")
    assert no_window() == ""


def test_a_word_that_is_neither_command_nor_project(run):
    done = run("wrods")
    assert done.code == 2
    assert "no studio command is called 'wrods'" in done.sentence


def test_as_a_process(studio):
    done = studio()
    paths = done.out.splitlines()
    assert "Starter.studio" in done.err.splitlines()[0]
    assert len(paths) == 7
    assert all(Path(path).is_file() for path in paths)
