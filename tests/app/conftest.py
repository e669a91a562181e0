"""The window's tests run without a screen, on the fakes, with a project of their own.

Every test ends with nothing left behind: no window, no thread of ours, no timer.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

import studio_exporters
from studio import fakes
from studio.api import hookimpl
from studio.app import theme
from studio.app.bridge import MainThread
from studio.app.fake_output import FakeOutput
from studio.app.prefs import Prefs
from studio.app.session import Loaded, Session
from studio.app.widgets.window import Window
from studio.engine import Engine, EngineSettings
from studio.jobs import Request
from studio.project import Project
from studio.registry import Registry

PATIENCE = 20_000  # milliseconds; a busy machine is no reason to fail
OURS = ("project", "requests", "pictures", "sound", "ending", "opening", "device", "publisher")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the one thing pass that Qt's own offscreen platform says of every window."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


class FakeGenerators:
    """The fakes without their exporter, so that files are ordinary ones."""

    @hookimpl
    def studio_generators(self):
        return fakes.studio_generators()


@pytest.fixture(scope="session")
def qapp_cls():
    return QApplication


@pytest.fixture(autouse=True)
def _look(qapp):
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    theme.apply(qapp, theme.DARK)


@pytest.fixture(autouse=True)
def _nothing_left(qapp) -> Iterator[None]:
    """Fail a test that leaves a window, a thread or a running timer."""
    before = set(threading.enumerate())
    widgets = set(map(id, QApplication.topLevelWidgets()))
    yield
    _delete_later()
    left = [w for w in QApplication.topLevelWidgets() if id(w) not in widgets]
    assert not left, f"left behind: {left}"
    # by its type: isinstance() asks every object for its class, and some of torch's warn at that
    timers = [t for t in gc.get_objects() if issubclass(type(t), QTimer)]
    timers = [t for t in timers if isValid(t) and t.isActive()]
    assert not timers, f"timers left running: {timers}"
    end = time.monotonic() + 5
    while (alive := _threads(before)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not alive, f"threads left behind: {alive}"


def _threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t not in before and t.name.startswith(OURS)]


def _delete_later() -> None:
    gc.collect()
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.fixture
def registry() -> Registry:
    """Fake generators, and the exporters that come with the studio."""
    found = Registry()
    found.add(FakeGenerators(), "fakes")
    found.add(studio_exporters, "exporters")
    return found


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "board.studio") as made:
        yield made


class Pump:
    """Stands in for a main thread where there is no window."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def deliver(self, call: Callable[[], object]) -> None:
        self.calls.put(call)

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE / 1000) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come to pass"
            try:
                self.calls.get(timeout=0.02)()
            except queue.Empty:
                continue

    def settle(self, seconds: float = 0.2) -> None:
        """Run what is there, and what comes within a moment."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self.calls.get(timeout=left)()
            except queue.Empty:
                return


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def output() -> FakeOutput:
    """What plays is heard by nobody: tests pull at it."""
    return FakeOutput()


@pytest.fixture
def session(
    project: Project, registry: Registry, pump: Pump, output: FakeOutput
) -> Iterator[Session]:
    """A session without a window; `pump` plays the main thread."""
    made = Session(project, registry, Engine(registry, host="thread"), pump.deliver, output)
    made.start(Loaded.read(project))
    yield made
    made.close()


@pytest.fixture
def make(session: Session, pump: Pump) -> Callable[..., list[int]]:
    """Make assets and return the cards that show them, oldest first."""

    def made(request: Request, exporter: str = "png") -> list[int]:
        before = set(session.board.cards)
        session.orders.make(request, exporter)
        pump.until(lambda: len(session.board.cards) >= len(before) + request.count)
        pump.until(lambda: all(job.state.finished for job in session.jobs.jobs()))
        pump.settle()
        return sorted(set(session.board.cards) - before)

    return made


@pytest.fixture
def open_window(qtbot, output: FakeOutput) -> Callable[..., AbstractContextManager[Window]]:
    """Opens a window on a project; it is closed, and all behind it ended, afterwards."""

    @contextmanager
    def opened(
        project: Project, registry: Registry, *, hints: bool = False, **settings: Any
    ) -> Iterator[Window]:
        main = MainThread()
        engine = Engine(registry, settings=EngineSettings(**{"host": "thread", **settings}))
        window = Window(
            Session(project, registry, engine, main.deliver, output), Prefs(), hints=hints
        )
        window.resize(1200, 800)
        window.show()
        qtbot.waitExposed(window)
        window.arrange()
        window.start(Loaded.read(project))
        window.activateWindow()
        try:
            yield window
        finally:
            window.close()
            window.ending.join(20)
            assert not window.ending.is_alive()
            window.deleteLater()
            main.close()

    return opened


@pytest.fixture
def window(open_window, project: Project, registry: Registry) -> Iterator[Window]:
    with open_window(project, registry) as made:
        yield made


@pytest.fixture
def wait(qtbot) -> Callable[[Callable[[], bool]], None]:
    """Wait until something holds, however busy the machine is."""
    return lambda holds: qtbot.waitUntil(holds, timeout=PATIENCE)
