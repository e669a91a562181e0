"""Formats that share a suffix: what is made decides who writes, and a file is what it holds."""

from __future__ import annotations

import json

import pytest

from studio.api import Audio, Exporter, ExporterSpec, Params, Score, hookimpl
from studio.cli.session import Session
from studio.fakes import fake_registry


class Tone(Exporter[Params]):
    """Sounds, read and written."""

    spec = ExporterSpec("tone", "Tone", "1", (Audio,), (".tone",), "audio/x-tone")

    def write(self, asset, file, options, recipe):
        assert isinstance(asset, Audio)
        file.write_text(recipe.to_json())

    def read_recipe(self, file):
        from studio.recipe import read_recipe

        return read_recipe(file.read_text(), where=str(file))


class PlayedTone(Tone):
    """Music as a sound."""

    spec = ExporterSpec(
        "score-tone", "Tone, played", "1", (Score,), (".tone",), "audio/x-tone", reads=False
    )

    def write(self, asset, file, options, recipe):
        assert isinstance(asset, Score)
        file.write_text(recipe.to_json())


class PlayedFirst:
    @hookimpl
    def studio_exporters(self):
        return [PlayedTone, Tone]


@pytest.fixture
def session() -> Session:
    return Session(host="thread", plugins=fake_registry(PlayedFirst()))


@pytest.mark.parametrize(("kind", "exporter"), [("score", "score-tone"), ("audio", "tone")])
def test_what_is_made_decides_who_writes(run, tmp_path, kind, exporter):
    done = run("generate", f"fake-{kind}", "--format", "tone", "--seed", "4")
    assert done.code == 0, done.err
    (file,) = tmp_path.glob("*.tone")
    assert json.loads(file.read_text())["exporter"] == exporter
    assert run("replay", file).code == 0


def test_played_music_lies_in_a_project_as_a_sound(run):
    run("project", "new", "my.studio")
    for kind in ("score", "audio"):
        done = run("generate", f"fake-{kind}", "--format", "tone", "--project", "my.studio")
        assert done.code == 0, done.err
    shown = run("project", "show", "my.studio", "--json").json
    assert [asset["kind"] for asset in shown["assets"]] == ["audio", "audio"]


def test_the_one_that_reads_is_asked_whichever_comes_first(session):
    assert session.registry.exporter_for_suffix("tone") is Tone
    assert session.registry.kind_of_suffix(".tone", "score") == "audio"
