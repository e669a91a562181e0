"""The engine with real worker processes, and plugins that take them down."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from studio.engine import Engine, EngineSettings
from studio.engine.host import HostSettings, ProcessHost
from studio.errors import OutOfMemoryError, StudioError
from studio.fakes import fake_registry
from studio.jobs import Export, Item, JobState, Preview, Request
from studio.registry import Registry
from studio.testing import same, write_plugin

TIMES = 20
UNEVEN = """
import time

from studio.api import Generator, GeneratorSpec, Text, hookimpl


class Uneven(Generator):
    spec = GeneratorSpec("uneven", "Uneven", "Every fourth takes long.", "1", Text)

    def generate(self, params, ctx):
        while ctx.seed % 4 == 3:
            ctx.check_cancelled()
            time.sleep(0.01)
        yield Text(str(ctx.seed))


@hookimpl
def studio_generators():
    return [Uneven]
"""
SETTINGS = EngineSettings(worker_memory=400 * 2**20, stall_seconds=60, cancel_seconds=0.3)
IMPATIENT = replace(SETTINGS, stall_seconds=2)


@pytest.fixture
def engine(registry: Registry, plugin_path: Path) -> Iterator[Engine]:
    with Engine(registry, settings=SETTINGS) as engine:
        yield engine


def workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]


def test_an_asset_comes_back_the_same_as_from_a_thread(engine: Engine, registry: Registry) -> None:
    for request in (Request("fake-image", {"size": 512}, 4), Request("fake-score", seed=4)):
        (there,) = engine.run(request)
        with Engine(registry, host="thread") as here:
            (expected,) = here.run(request)
        assert same(there.asset, expected.asset)
        assert there.recipe == expected.recipe


def test_previews_and_progress_come_back_while_it_works(engine: Engine) -> None:
    previews: list[Preview] = []
    fractions: list[float] = []
    engine.previewed.connect(previews.append)
    engine.changed.connect(lambda s: fractions.append(s.fraction))
    list(engine.run(Request("fake-text", {"previews": 3, "seconds": 0.4})))
    assert [p.index for p in previews] == [0, 0, 0]
    assert any(0 < f < 1 for f in fractions)


def test_a_quick_item_does_not_wait_for_a_slow_one(
    plugin_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(plugin_path, "uneven", UNEVEN)
    monkeypatch.syspath_prepend(str(plugin_path))
    plugins = fake_registry(importlib.import_module("uneven"))
    monkeypatch.delitem(sys.modules, "uneven")
    with Engine(plugins, settings=SETTINGS) as engine:
        produced = threading.Semaphore(0)
        engine.produced.connect(lambda item: produced.release())
        export = Export("fake", tmp_path, tuple(f"{number}.fake" for number in range(4)))
        job = engine.submit(Request("uneven", count=4, export=export))
        for _ in range(3):
            assert produced.acquire(timeout=20)
        assert engine.job(job.id).state is JobState.RUNNING
        engine.cancel(job.id)
        assert engine.wait(job.id, 30).done == 3


def test_what_a_plugin_prints_does_not_disturb_the_conversation(engine: Engine) -> None:
    job = engine.submit(Request("fake-bad", {"how": "print"}))
    assert engine.wait(job.id, 30).state is JobState.DONE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("raise", "plugin 'fake-bad' failed: RuntimeError: this plugin always fails"),
        ("exit", "plugin 'fake-bad' took its worker process down: it left with exit code 3"),
        ("segfault", "plugin 'fake-bad' took its worker process down: it was ended by SIGSEGV"),
        ("hang", "plugin 'fake-bad' gave no sign of life for 2 s and was stopped"),
        ("memory", "fake-bad ran out of memory on cpu"),
    ],
)
def test_a_plugin_that_misbehaves_costs_its_own_job_only(
    registry: Registry, plugin_path: Path, how: str, sentence: str
) -> None:
    with Engine(registry, settings=IMPATIENT if how == "hang" else SETTINGS) as engine:
        for _ in range(TIMES):
            waiting = [
                engine.submit(Request("fake-bad", {"how": how})),
                engine.submit(Request("fake-image", seed=1)),
            ]
            bad, good = (engine.wait(job.id, 60) for job in waiting)
            assert bad.state is JobState.FAILED
            assert bad.failure.sentence.startswith(sentence)
            assert bad.failure.culprit == "fake-bad"
            assert good.state is JobState.DONE
        assert len(workers()) == 1


def test_a_segfault_leaves_a_traceback_to_copy(engine: Engine) -> None:
    job = engine.submit(Request("fake-bad", {"how": "segfault"}))
    assert "in _segfault" in engine.wait(job.id, 30).failure.details


def test_a_cancelled_job_that_does_not_leave_is_ended_by_force(engine: Engine) -> None:
    job = engine.submit(Request("fake-bad", {"how": "hang"}))
    while engine.job(job.id).state is not JobState.RUNNING or not engine.job(job.id).device:
        time.sleep(0.01)
    engine.cancel(job.id)
    assert engine.wait(job.id, 10).state is JobState.CANCELLED
    assert list(engine.run(Request("fake-image")))


def test_a_worker_killed_from_outside_fails_the_job_and_the_next_one_runs(engine: Engine) -> None:
    list(engine.run(Request("fake-image")))
    job = engine.submit(Request("fake-image", {"seconds": 60}))
    while engine.job(job.id).state is not JobState.RUNNING:
        time.sleep(0.01)
    (worker,) = workers()
    worker.kill()
    ended = engine.wait(job.id, 30)
    assert ended.failure.sentence.endswith("ended by SIGKILL; probably because memory ran out")
    assert list(engine.run(Request("fake-image")))


def test_a_worker_killed_between_jobs_is_replaced(engine: Engine) -> None:
    list(engine.run(Request("fake-image")))
    (worker,) = workers()
    worker.kill()
    worker.wait(10)
    assert list(engine.run(Request("fake-image")))


def test_close_ends_the_worker_at_once_even_while_a_plugin_hangs(
    registry: Registry, plugin_path: Path
) -> None:
    with Engine(registry, settings=EngineSettings(stall_seconds=600)) as engine:
        job = engine.submit(Request("fake-bad", {"how": "hang"}))
        while not engine.job(job.id).device:
            time.sleep(0.01)
    assert workers() == []
    assert engine.job(job.id).state is JobState.CANCELLED


def test_staged_files_of_a_crashed_job_are_removed(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def sink(items: list[Item]) -> None:
        time.sleep(0.01)  # so that some are still on their way when the worker goes

    names = tuple(f"{i}.fake" for i in range(1000))
    job = engine.submit(
        Request("fake-image", count=1000, export=Export("fake", folder, names)), sink=sink
    )
    while engine.job(job.id).done < 5:
        time.sleep(0.01)
    workers()[0].kill()
    assert engine.wait(job.id, 60).state is JobState.FAILED
    assert list(folder.iterdir()) == []


HOLD = """
import sys, time
from studio.engine import Engine
from studio.fakes import fake_registry
from studio.jobs import Request
engine = Engine(fake_registry())
list(engine.run(Request("fake-image")))
engine.submit(Request("fake-bad", {"how": "hang"}))
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_worker_does_not_outlive_a_studio_that_was_killed(plugin_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE) as studio:
        assert studio.stdout.readline() == b"ready\n"
        (worker,) = psutil.Process(studio.pid).children()
        studio.send_signal(signal.SIGKILL)
    worker.wait(10)
    assert not worker.is_running()


def test_cancelling_does_not_wait_for_a_worker_to_start(
    registry: Registry, plugin_path: Path, tmp_path: Path
) -> None:
    slow = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists():\n"
    (plugin_path / "sitecustomize.py").write_text(f"{slow}    time.sleep(0.01)\n")
    with Engine(registry, settings=SETTINGS) as engine:
        job = engine.submit(Request("fake-image"))
        while engine.job(job.id).state is not JobState.RUNNING:
            time.sleep(0.01)
        engine.cancel(job.id)
        ended = engine.wait(job.id, 30)
        assert (ended.state, ended.message) == (JobState.CANCELLED, "cancelled")
        (starting,) = workers()
        (tmp_path / "go").touch()
        assert list(engine.run(Request("fake-image")))
        assert workers() == [starting]  # the next job found it further on


def test_a_worker_that_cannot_start_is_reported(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pydantic.py").write_text("raise ImportError('pydantic is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        Engine(registry, settings=SETTINGS) as engine,
        pytest.raises(StudioError, match="worker process could not start: ImportError: pydantic"),
    ):
        list(engine.run(Request("fake-image")))


PARENT = '''
"""A plugin that starts processes of its own."""

import os
import subprocess
import sys
import time
from typing import Literal

from studio.api import Generator, GeneratorSpec, Image, Params, hookimpl, param


class ParentParams(Params):
    start: Literal["program", "fork"] = param("program", "how the other process is started")
    leave: bool = param(False, "go, instead of staying")


class Parent(Generator[ParentParams]):
    spec = GeneratorSpec("parent", "Parent", "Starts processes", "1", Image, ParentParams)

    def generate(self, params, ctx):
        if params.start == "program":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        elif os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        ctx.progress(0.5, "started")
        time.sleep(0.1)
        if params.leave:
            os._exit(3)
        time.sleep(60)
        yield


@hookimpl
def studio_generators():
    return [Parent]
'''


@pytest.mark.skipif(os.name != "posix", reason="forks, and ends groups of processes")
@pytest.mark.parametrize("leave", [False, True])
@pytest.mark.parametrize("start", ["program", "fork"])
def test_what_a_plugin_started_ends_with_its_worker(
    plugin_path: Path, monkeypatch: pytest.MonkeyPatch, start: str, leave: bool
) -> None:
    monkeypatch.syspath_prepend(str(write_plugin(plugin_path, "parent", PARENT)))
    import parent

    registry = Registry()
    registry.add(parent, "parent")
    with Engine(registry, settings=SETTINGS) as engine:
        job = engine.submit(Request("parent", {"start": start, "leave": leave}))
        while engine.job(job.id).message != "started":
            time.sleep(0.01)
        group = [p for w in workers() for p in (w, *w.children())]
        if not leave:
            engine.cancel(job.id)
        expected = JobState.FAILED if leave else JobState.CANCELLED
        assert engine.wait(job.id, 20).state is expected
    assert psutil.wait_procs(group, 5)[1] == []


def test_a_file_in_the_current_folder_is_not_taken_for_a_module(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('run by mistake')")
    monkeypatch.chdir(tmp_path)
    assert list(engine.run(Request("fake-image")))


class Talker:
    """A worker that never stops talking while it takes more and more memory."""

    alive = True

    def __init__(self) -> None:
        self.said = 0

    def next_message(self) -> Any:
        self.said += 1
        if self.said > 1000:
            return {"type": "done"}, None
        return {"type": "progress", "index": 0, "fraction": 0.1, "message": ""}, None

    def resident(self) -> int:
        return self.said * 2**20


class Deaf:
    """Hears how a job goes, and keeps nothing."""

    def progress(self, index: int, fraction: float, message: str) -> None:
        """Nothing."""


def test_memory_is_watched_also_while_a_plugin_talks_without_a_pause() -> None:
    host = ProcessHost("cpu", HostSettings(2**20, 2**19, 60.0, 1.0))
    with pytest.raises(OutOfMemoryError, match="took more than"):
        host._follow(Talker(), "talker", Deaf(), threading.Event(), "job")


def test_closing_while_the_worker_starts_cancels_the_job(
    registry: Registry, plugin_path: Path
) -> None:
    with Engine(registry, settings=SETTINGS) as engine:
        job = engine.submit(Request("fake-image"))
        while not workers():
            time.sleep(0.001)
    assert engine.wait(job.id, 10).state is JobState.CANCELLED
