"""`studio list` imports no plugin twice for the same answer, and never gives an old one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.folders import data_dir
from studio.testing import write_plugin

TITLES = """
import pathlib
from studio.api import Exporter, ExporterSpec, Image, Params, hookimpl

with pathlib.Path({marks!r}).open("a") as marks:
    marks.write("imported ")

class Plain(Exporter[Params]):
    spec = ExporterSpec(
        id="plain", title="{title}", version="1", accepts=(Image,), suffixes=(".plain",),
        media_type="text/plain", options=Params, embeds=False, reads=False,
    )

    def write(self, asset, file, options, recipe):
        raise NotImplementedError

@hookimpl
def studio_exporters():
    return [Plain]
"""


@pytest.fixture
def marks(tmp_path) -> Path:
    return tmp_path / "marks"


@pytest.fixture
def plugin(plugin_path, marks):
    """Write the plugin, with a title of one's own."""

    def write(title: str) -> None:
        write_plugin(plugin_path, "plain", TITLES.format(marks=str(marks), title=title))

    write("First title")
    return write


@pytest.fixture
def listing(studio, plugin, marks):
    """Run `studio list`: what it says of formats, and whether the plugin was imported."""

    def call() -> tuple[str, bool]:
        marks.write_text("")
        done = studio("list")
        assert (done.code, done.err) == (0, "")
        return done.out, bool(marks.read_text())

    return call


def test_the_second_time_no_plugin_is_imported(listing):
    first, imported = listing()
    assert imported
    assert "First title" in first
    assert listing() == (first, False)


def test_what_is_slow_to_import_is_left_alone_too(listing):
    listing()
    script = (
        "import sys; from studio.cli import main; main(['list']);"
        "print(sorted({'pydantic', 'pluggy', 'studio.registry'} & set(sys.modules)))"
    )
    # The second of two such calls: the first looks into another folder for modules.
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_changed_plugin_is_read_again(listing, plugin):
    listing()
    plugin("Another title")
    out, imported = listing()
    assert imported
    assert "Another title" in out


def test_so_is_everything_when_a_plugin_is_installed_removed_or_disabled(
    listing, plugin_path, studio
):
    listing()
    write_plugin(plugin_path, "more", "from studio.fakes import studio_generators\n")
    assert "already provides" in listing()[0]
    for file in (plugin_path / "more-1.0.dist-info").iterdir():
        file.unlink()
    (plugin_path / "more-1.0.dist-info").rmdir()
    assert "already provides" not in listing()[0]
    assert studio("plugin", "disable", "plain").code == 0
    out, _ = listing()
    assert "First title" not in out
    assert "disabled" in out


def test_a_broken_plugin_is_looked_at_each_time(listing, plugin_path, tmp_path):
    lacking = tmp_path / "lacking"
    source = f"import pathlib; pathlib.Path({str(lacking)!r}).read_text()\nstudio_generators = 1\n"
    write_plugin(plugin_path, "unlucky", source)
    assert "No such file" in listing()[0]
    lacking.write_text("here it is")
    assert "No such file" not in listing()[0]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"rests_on": {"files": 3}, "rows": []}'])
def test_a_damaged_memory_is_none(listing, damage):
    whole, _ = listing()
    (data_dir() / "listing.json").write_text(damage)
    assert listing() == (whole, True)
    assert listing() == (whole, False)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere another thing is in the way")
def test_without_a_place_to_remember_it_is_found_out_each_time(listing):
    data_dir().parent.mkdir(parents=True, exist_ok=True)
    data_dir().write_text("a file is in the way")
    whole, imported = listing()
    assert imported
    assert listing() == (whole, True)


def test_modules_that_are_odd_do_not_stand_in_its_way(studio, plugin_path, marks):
    odd = """
import sys, types

class Lazy(types.ModuleType):
    def __getattr__(self, name):
        raise RuntimeError(f"{name} was asked for")

sys.modules["lazy_of_plain"] = Lazy("lazy_of_plain")
sys.modules["number_of_plain"] = types.ModuleType("number_of_plain")
sys.modules["number_of_plain"].__file__ = 7
sys.modules["thing_of_plain"] = object()
"""
    text = odd + TITLES.format(marks=str(marks), title="Plain")
    write_plugin(plugin_path, "plain", text)
    for imported in (True, False):
        marks.write_text("")
        done = studio("list")
        assert (done.code, done.err) == (0, "")
        assert bool(marks.read_text()) is imported
