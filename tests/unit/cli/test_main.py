"""What every command does alike: errors as sentences, exit codes, streams, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import click
import pytest

from studio import __version__
from studio.cli import main
from studio.cli.root import COMMANDS, root
from studio.cli.session import Session
from studio.fakes import FakeExporter
from studio.registry import Registry
from studio.testing import write_plugin

ENDLESS = """
import pathlib
import time

from studio.api import Generator, GeneratorSpec, Text, hookimpl


class Endless(Generator):
    spec = GeneratorSpec("endless", "Endless", "A text.", "1", Text, keeps_partial=True)

    def generate(self, params, ctx):
        text = ""
        for _ in range(10_000):
            ctx.check_cancelled()
            text += f"{ctx.rng.integers(100)} "
            yield Text(text)
            if len(text) > 50:
                pathlib.Path(f"started-{len(text)}").touch()
            time.sleep(0.01)


@hookimpl
def studio_generators():
    return [Endless]
"""


def test_version(run):
    assert run("--version").out == f"Multimodal Studio {__version__}\n"


def test_help_names_every_command(run):
    done = run("--help")
    assert done.code == 0
    assert all(f"\n  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lst"], "no studio command is called 'lst', did you mean 'list'?"),
        (["list", "--jsn"], "list: no option is called '--jsn', did you mean '--json'?"),
        (["project", "shwo", "x"], "no studio project command is called 'shwo', did you mean"),
        (["project"], "project: nothing says which; expected one of new, show, check, export"),
        (["plugin"], "expected one of list, new, check, enable, disable"),
        (["generate"], "expected one of fake-image, fake-audio"),
        (["show"], "show: missing argument 'ID'; `studio show --help`"),
        (["list", "more"], "unexpected extra argument (more)"),
        (["show", "fake-imge"], "no generator is called 'fake-imge', did you mean 'fake-image'?"),
        (["generate", "fake-imge"], "did you mean 'fake-image'?"),
        (["generate", "--seed", "1", "fake-image"], "no option is called '--seed'"),
        (["inspect", "nowhere.fake"], "nowhere.fake is not there, expected a file"),
        (["replay", "nowhere.fake"], "nowhere.fake is not there, expected a file"),
        (["project", "show", "nowhere"], "there is no project"),
        (["plugin", "enable", "fake"], "no plugin is called 'fake', did you mean 'fakes'?"),
        (["plugin", "check", "fake"], "no plugin is called 'fake', did you mean 'fakes'?"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence(run, words, expected):
    done = run(*words)
    assert done.code == 2
    assert done.out == ""
    assert expected in done.sentence


class Failing(Session):
    """A session whose plugins cannot even be looked for."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    @property
    def registry(self) -> Registry:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyError("x"), 1, "studio: unexpected KeyError: 'x'; run it again with --debug to see"),
        (PermissionError(13, "Permission denied", "there"), 1, "Permission denied: there\n"),
        (KeyboardInterrupt(), 130, "studio: cancelled\n"),
        (click.Abort(), 130, "studio: cancelled\n"),
        (BrokenPipeError(), 1, ""),
        (SystemExit(3), 3, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_goes_wrong_is_said_once(capfd, error, code, said):
    assert main(["list"], Failing(error)) == code
    captured = capfd.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") <= 1
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("words", [["--debug", "list"], ["list", "--debug"]])
def test_debug_shows_where_an_error_came_from(capfd, words):
    assert main(words, Failing(KeyError("x"))) == 1
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert said.endswith("studio: unexpected KeyError: 'x'\n")


def test_debug_shows_what_a_plugin_left_behind(run):
    done = run("generate", "fake-bad", "--seed", 1, "--debug")
    assert "RuntimeError: this plugin always fails" in done.err
    assert "in _raise" in done.err


def test_python_m_studio_is_the_same_program(studio):
    done = studio("list")
    assert (done.code, done.err) == (0, "")
    assert "fake-image" in done.out
    assert studio("lst").code == 2


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals as POSIX has them")
class TestAsAProcess:
    def start(self, tmp_path, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "studio", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_it_ends_quietly_when_its_reader_leaves(self, only_fakes, tmp_path):
        words = ("generate", "fake-image", "--seed", "1", "--count", "400", "--seconds", "0.02")
        with self.start(tmp_path, *words, "--out", "o/") as process:
            assert process.stdout.readline() == "o/fake-image-1.fake\n"
            process.stdout.close()
            said = process.stderr.read()
        assert (process.returncode, said) == (1, "")
        self.assert_whole(tmp_path / "o")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_cancels_and_leaves_whole_files_only(self, only_fakes, tmp_path, number):
        words = ("generate", "fake-image", "--seed", "1", "--count", "400", "--seconds", "0.02")
        # a shell starts what runs in its background with SIGINT ignored, and children inherit that
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = self.start(tmp_path, *words, "--out", "o/")
        finally:
            signal.signal(signal.SIGINT, before)
        with process:
            process.stdout.readline()
            asked = time.monotonic()
            process.send_signal(number)
            rest, said = process.communicate(timeout=60)
            took = time.monotonic() - asked
        assert (process.returncode, said) == (130, "studio: cancelled\n")
        assert took < 10
        names = self.assert_whole(tmp_path / "o")
        assert len(rest.splitlines()) + 1 <= len(names) < 400

    def test_what_is_there_of_a_text_is_kept_when_it_is_cancelled(
        self, only_fakes, studio, plugin_path, tmp_path
    ):
        write_plugin(plugin_path, "endless", ENDLESS)
        words = ("generate", "endless", "--seed", "1", "--format", "fake", "--out", "o/", "--json")
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = self.start(tmp_path, *words)
        finally:
            signal.signal(signal.SIGINT, before)
        with process:
            while not list(tmp_path.glob("started-*")):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            line, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (130, "studio: cancelled\n")
        (file,) = (tmp_path / "o").iterdir()
        assert json.loads(line)["path"] == str(file)
        stopped = FakeExporter().read_recipe(file).stopped
        assert stopped == len(FakeExporter().read(file).text.split()) > 0
        for _ in range(2):
            done = studio("replay", file)
            assert (done.code, done.out) == (0, "identical\n")
        assert f"after {stopped} steps" in studio("inspect", file).out

    def test_a_hangup_that_is_ignored_does_not_end_it(self, only_fakes, tmp_path):
        words = ("generate", "fake-image", "--seed", "1", "--count", "20", "--seconds", "0.02")
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what `nohup` does
        try:
            process = self.start(tmp_path, *words, "--out", "o/")
        finally:
            signal.signal(signal.SIGHUP, before)
        with process:
            process.stdout.readline()
            process.send_signal(signal.SIGHUP)
            process.communicate(timeout=60)
        assert process.returncode == 0
        assert len(self.assert_whole(tmp_path / "o")) == 20

    def assert_whole(self, folder):
        names = sorted(path.name for path in folder.iterdir())
        assert all(name.startswith("fake-image-") for name in names), names
        return names


def test_every_command_says_what_it_is_for():
    for command in commands(root):
        assert command.get_short_help_str(), command.name
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, option.name


def commands(group):
    context = click.Context(group, obj=Session(plugins=Registry()))
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)
