"""Runs of the command line: quick ones in this process, and real ones as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from studio.api import Asset, Exporter, ExporterSpec, Image, Params, hookimpl, param
from studio.cli import main
from studio.cli.session import Session
from studio.exporter import sidecar_of
from studio.fakes import fake_registry

NOBODY = 10_000_019  # a seed that nothing draws


class BareOptions(Params):
    invert: bool = param(False, "light is dark")


class Bare(Exporter[BareOptions]):
    """Grey levels as plain bytes, which have no room for a recipe."""

    spec = ExporterSpec(
        id="bare",
        title="Bare levels",
        version="1",
        accepts=(Image,),
        suffixes=(".bare", ".bin"),
        media_type="application/octet-stream",
        options=BareOptions,
        embeds=False,
        reads=False,
    )

    def write(self, asset: Asset, file: Path, options: BareOptions, recipe: Any) -> None:
        assert isinstance(asset, Image)
        levels = asset.pixels[:, :, 0]
        file.write_bytes((255 - levels if options.invert else levels).tobytes())


class BarePlugin:
    @hookimpl
    def studio_exporters(self):
        return [Bare]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """What standard error says, which has to be one line of the studio's."""
        (line,) = self.err.splitlines()
        assert line.startswith("studio: ")
        return line.removeprefix("studio: ")


Run = Callable[..., Done]


@pytest.fixture
def session() -> Session:
    """The fakes, run in this process."""
    return Session(host="thread", plugins=fake_registry(BarePlugin()))


@pytest.fixture
def run(session, capsys, monkeypatch, tmp_path) -> Run:
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Done:
        code = main([str(word) for word in words], session)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def only_fakes(plugin_path, home) -> None:
    """Processes find the fakes and no plugin that happens to be installed."""
    config = Path(os.environ["STUDIO_CONFIG_DIR"])
    config.mkdir(parents=True)
    others = [e.name for e in metadata.entry_points(group="studio.plugins") if e.name != "fakes"]
    (config / "settings.json").write_text(json.dumps({"disabled_plugins": others}))


@pytest.fixture
def studio(only_fakes, tmp_path) -> Run:
    """Run a command as a process of its own, in an empty folder."""

    def call(*words: object, **more: Any) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "studio", *map(str, words)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
            **more,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def made(run, tmp_path) -> Path:
    """A picture in a folder of its own."""
    assert run("generate", "fake-image", "--seed", 5, "--out", "made/").code == 0
    return tmp_path / "made" / "fake-image-5.fake"


def recipe_json(file: Path) -> Any:
    """The recipe in a fake file, or beside any other."""
    if sidecar_of(file).is_file():
        return json.loads(sidecar_of(file).read_text())
    return json.loads(json.loads(file.read_text())["recipe"])
