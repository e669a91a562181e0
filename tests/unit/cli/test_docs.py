"""docs/cli.md: its examples can be typed, and the environment it names is the one that counts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from studio import fake_writer
from studio.cli.root import root
from studio.cli.session import Session
from studio.fakes import fake_registry

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
LINES = re.findall(r"^    (studio [a-z].*)$", PAGE, re.MULTILINE)
EXAMPLES = [line for line in LINES if not re.search(r"[\[…|]|ID\b", line) and "  " not in line]
STANDS_FOR = {
    "image-gan": "fake-latent",
    "point-cloud-mesh": "fake-mesh",
    "text-lm": "fake-writer",
}


def leaf(group, words):
    """Parse a line as far as its command, without running it."""
    parent = root.make_context("studio", [], obj=Session(plugins=fake_registry(fake_writer)))
    command = group
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(parent, words)
        if isinstance(command, click.Group):
            parent = click.Context(command, parent=parent, info_name=name, obj=parent.obj)
    return command.make_context(name, words, parent=parent)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_can_be_typed(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stands_for = {
        "image-gan": "fake-latent",
        "point-cloud-mesh": "fake-mesh",
        "text-lm": "fake-writer",
    }
    for name, fake in stands_for.items():
        line = line.replace(name, fake)
    words = shlex.split(line)
    assert leaf(root, words[1:]).command.callback


def test_every_command_has_an_example():
    typed = {line.split()[1] for line in EXAMPLES}
    assert typed >= set(root.list_commands(click.Context(root)))


def test_the_environment_is_documented():
    sources = [ROOT / "studio" / "folders.py", ROOT / "studio" / "cli" / "start.py"]
    named = re.findall(r'"((?:STUDIO|QT|WAYLAND)_[A-Z_]+|DISPLAY)"', "".join(map(read, sources)))
    documented = re.findall(r"`([A-Z_]{7,})`", PAGE.split("## Environment")[1])
    assert set(named) == set(documented)


def read(file):
    return file.read_text(encoding="utf-8")
