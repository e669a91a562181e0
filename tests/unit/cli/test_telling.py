"""What a person sees who watches: a progress bar, and text as it is being written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from studio.fakes import FakeExporter
from studio.testing import write_plugin

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as POSIX has them")


@pytest.fixture
def watch(only_fakes, tmp_path):
    """Run a command on a terminal of its own and return all that appeared there."""

    def call(*words, stdout=None):
        import pty

        terminal, inner = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "studio", *words],
            cwd=tmp_path,
            stdin=inner,
            stdout=stdout or inner,
            stderr=inner,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        ) as process:
            os.close(inner)
            seen = read_all(terminal)
        os.close(terminal)
        assert process.returncode == 0, seen
        return seen

    return call


def read_all(terminal):
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed
            return seen.decode()
        if not piece:
            return seen.decode()
        seen += piece


def test_a_progress_bar_shows_how_many_are_done(watch):
    seen = watch("generate", "fake-image", "--seed", "1", "--count", "4", "--seconds", "0.3")
    assert "0/4" in seen
    assert "4/4" in seen
    assert "━" in seen
    assert all(f"fake-image-{seed}.fake" in seen for seed in (1, 2, 3, 4))
    assert seen.endswith("\x1b[2K")  # and is gone at the end


def test_paths_are_clean_where_only_the_messages_go_to_the_terminal(watch, tmp_path):
    with (tmp_path / "paths").open("wb") as paths:
        seen = watch("generate", "fake-image", "--seed", "1", "--count", "2", stdout=paths)
    assert "━" in seen
    assert (tmp_path / "paths").read_text() == "fake-image-1.fake\nfake-image-2.fake\n"


def test_json_has_no_bar(watch):
    seen = watch("generate", "fake-image", "--seed", "1", "--count", "2", "--json")
    assert "━" not in seen
    assert seen.count('"sha256"') == 2


def test_text_appears_on_a_terminal_without_being_asked_for(watch, plugin_path, tmp_path):
    write_plugin(plugin_path, "writer", "from studio.fake_writer import studio_generators\n")
    seen = watch("generate", "fake-writer", "--seed", "5", "--words", "4").replace("\r", "")
    text = FakeExporter().read(tmp_path / "fake-writer-5.fake").text
    assert seen == f"{text}\nfake-writer-5.fake\n"


def test_progress_is_shown_where_only_the_text_goes_elsewhere(watch, plugin_path, tmp_path):
    write_plugin(plugin_path, "writer", "from studio.fake_writer import studio_generators\n")
    with (tmp_path / "text").open("wb") as text:
        words = ("generate", "fake-writer", "--seed", "5", "--stream", "--seconds", "0.5")
        seen = watch(*words, stdout=text)
    assert "━" in seen
    assert "fake-writer-5.fake" in seen
    assert len((tmp_path / "text").read_text().split()) == 8
