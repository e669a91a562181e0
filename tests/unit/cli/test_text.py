"""Text on the command line: printed as it is written, begun from files and pipes, and stopped."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from studio import fake_writer
from studio.api import hookimpl
from studio.cli.session import Session
from studio.fake_writer import FakeWriter
from studio.fakes import FakeExporter, fake_registry
from studio.testing import write_plugin

WRITER = "from studio.fake_writer import studio_generators\n"
GENERATE = ("generate", "fake-writer", "--seed", "3")


@pytest.fixture
def session() -> Session:
    return Session(host="thread", plugins=fake_registry(fake_writer))


@pytest.fixture
def pipe(monkeypatch):
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


@pytest.fixture
def start(only_fakes, plugin_path, tmp_path):
    """Start a command as a process whose output can be read while it runs."""
    write_plugin(plugin_path, "writer", WRITER)

    def started(*words: str) -> subprocess.Popen[bytes]:
        # Whatever started the tests may have told them to ignore it, and children inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "studio", *words],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    return started


def text_of(file) -> str:
    return FakeExporter().read(file).text


# Printed


def test_the_text_alone_is_on_standard_output(run, tmp_path):
    done = run(*GENERATE, "--stream", "--prompt", "Once")
    assert done.code == 0
    assert done.out == text_of(tmp_path / "fake-writer-3.fake") + "\n"
    assert done.out.startswith("Once ")
    assert done.err == "fake-writer-3.fake\n"


def test_in_a_pipe_it_is_the_path_unless_the_text_is_asked_for(run):
    assert run(*GENERATE).out == "fake-writer-3.fake\n"
    assert run(*GENERATE, "--no-stream").out == "fake-writer-3.fake\n"


def test_drafts_follow_each_other_with_a_line_between(run, tmp_path):
    done = run(*GENERATE, "--stream", "--count", 3, "--words", 4)
    texts = [text_of(tmp_path / f"fake-writer-{seed}.fake") for seed in (3, 4, 5)]
    assert done.out == "\n\n".join(texts) + "\n"
    assert done.err.splitlines() == [f"fake-writer-{seed}.fake" for seed in (3, 4, 5)]


def test_what_is_rewritten_in_the_middle_is_printed_once(run, tmp_path):
    run(*GENERATE, "--out", "first.fake", "--words", 9)
    first = text_of(tmp_path / "first.fake")
    done = run(
        *(*GENERATE, "--stream", "--input", "first.fake", "--out", "second.fake"),
        *("--task", "rewrite", "--start", 5, "--end", 12, "--words", 3),
    )
    assert done.out == text_of(tmp_path / "second.fake") + "\n"
    assert done.out.startswith(first[:5])
    assert done.out.endswith(first[12:] + "\n")


def test_chinese_goes_through_a_pipe(run):
    assert run(*GENERATE, "--stream", "--prompt", "床前明月光，").out.startswith("床前明月光，")


def test_text_and_json_cannot_both_be_printed(run):
    refused = run(*GENERATE, "--stream", "--json")
    assert refused.code == 2
    assert refused.sentence.startswith("--stream and --json both print to standard output")


def test_other_generators_have_no_such_option(run):
    refused = run("generate", "fake-image", "--stream")
    assert refused.code == 2
    assert "no option is called '--stream'" in refused.sentence


def test_text_appears_while_it_is_being_written(start):
    with start(*GENERATE, "--stream", "--words", "400", "--seconds", "60") as process:
        first = process.stdout.read(20)
        assert process.poll() is None
        process.terminate()
    assert first


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_ctrl_c_keeps_what_is_there(start, tmp_path):
    with start(*GENERATE, "--stream", "--words", "400", "--seconds", "60") as process:
        first = process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 130
    file = tmp_path / "fake-writer-3.fake"
    assert text_of(file) + "\n" == (first + rest).decode()
    assert said.decode().splitlines() == [file.name, "studio: cancelled"]
    recipe = FakeExporter().read_recipe(file)
    assert 0 < recipe.stopped < 400


def test_a_reader_that_leaves_ends_it_quietly(start, tmp_path):
    with start(*GENERATE, "--stream", "--words", "60", "--seconds", "0.5") as process:
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(60)
    assert process.returncode == 1
    assert "Traceback" not in said


class Talker(FakeWriter):
    """Says something about its work, as a generator does that reads no more than the end."""

    spec = replace(FakeWriter.spec, id="talker")

    def generate(self, params, ctx):
        for step in super().generate(params, ctx):
            ctx.progress(0.5, "only the last 400 characters are read")
            yield step


@pytest.mark.parametrize("way", ["--stream", "--no-stream"])
def test_what_it_says_about_its_work_is_told_once(run, session, way):
    session.registry.add(Plugin(), "talker")
    done = run("generate", "talker", "--seed", 3, "--count", 3, way)
    assert done.code == 0
    said = [line for line in done.err.splitlines() if not line.endswith(".fake")]
    assert said == ["studio: only the last 400 characters are read"]


class Plugin:
    @hookimpl
    def studio_generators(self):
        return [Talker]


# Begun


def test_a_prompt_may_come_from_a_file(run, tmp_path):
    (tmp_path / "opening.txt").write_text("Once upon a time\nthere was\n")
    done = run(*GENERATE, "--stream", "--prompt", "@opening.txt")
    assert done.out.startswith("Once upon a time\nthere was ")


def test_a_prompt_may_come_from_a_pipe(run, pipe):
    pipe("月光\n".encode())
    assert run(*GENERATE, "--stream", "--prompt", "-").out.startswith("月光")


def test_a_prompt_that_begins_with_the_sign_doubles_it(run):
    assert run(*GENERATE, "--stream", "--prompt", "@@home").out.startswith("@home ")


def test_set_reads_files_too(run, tmp_path):
    (tmp_path / "opening.txt").write_text("Once")
    assert run(*GENERATE, "--stream", "--set", "prompt=@opening.txt").out.startswith("Once ")


def test_one_line_parameters_read_nothing(run):
    done = run("generate", "fake-image", "--seed", 1, "--words", "@home")
    assert done.code == 0
    assert FakeExporter().read_recipe(Path(done.out.strip())).params["words"] == "@home"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "'opening.txt' cannot be read: no such file or directory; @@ begins a text that"),
        (b"\xff\xfe", "opening.txt is no UTF-8 text: byte 0 fits nothing"),
        (b"a\0b", "opening.txt holds NUL bytes, expected text"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_a_sentence(run, tmp_path, data, said):
    if data is not None:
        (tmp_path / "opening.txt").write_bytes(data)
    refused = run(*GENERATE, "--prompt", "@opening.txt")
    assert refused.code == 2
    assert refused.sentence.startswith(f"fake-writer: prompt: {said}")


def test_a_prompt_beyond_all_measure_is_refused(run, tmp_path):
    with (tmp_path / "opening.txt").open("wb") as file:
        file.truncate(17 * 2**20)
    assert "larger than 16 MiB" in run(*GENERATE, "--prompt", "@opening.txt").sentence


def test_a_prompt_longer_than_it_may_be_is_a_sentence(run, tmp_path):
    (tmp_path / "opening.txt").write_text("word " * 50_000)
    refused = run(*GENERATE, "--prompt", "@opening.txt")
    assert refused.code == 2
    assert "expected text of at most 200000 characters" in refused.sentence


def test_help_says_how(run):
    said = " ".join(run("generate", "fake-writer", "--help").out.split())
    assert "@FILE reads a file, - standard input" in said
    assert "--stream / --no-stream" in said
