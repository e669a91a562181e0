"""Opens the app. Everything heavy is imported after the first thing is on the screen."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEventLoop, QLoggingCategory, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel

from studio.app import theme
from studio.app.bridge import MainThread
from studio.app.prefs import Prefs
from studio.errors import ProjectError, StudioError
from studio.folders import starter_project

if TYPE_CHECKING:
    from studio.app.player import Output
    from studio.app.session import Loaded
    from studio.app.widgets.window import Window
    from studio.project import Project
    from studio.registry import Registry

log = logging.getLogger(__name__)

_SOON = 400  # milliseconds after which one is told what takes so long
_LONG = 8000
_END = 15.0  # seconds that are waited, unseen, for the project to be closed


def run(project: Path | None) -> int:
    """Open the app and return its exit code when it is closed.

    Args:
        project: Its folder, made if it is not there; None is the starter project.
    """
    app = make_application()
    sys.excepthook = _on_mistake
    folder: Path | None = project or starter_project()
    first = project is None
    while folder is not None:
        window = show_project(folder, starter=first)
        if window is None:
            return 1
        app.exec()
        if window.ending is not None:
            window.ending.join(_END)
        folder, first = window.next_project, False
        window.deleteLater()
    return 0


def make_application() -> QApplication:
    """The application in its look."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(["multimodal-studio"])
    app.setApplicationName("multimodal-studio")
    app.setApplicationDisplayName("Multimodal Studio")
    app.setDesktopFileName("multimodal-studio")
    QLoggingCategory.setFilterRules("qt.qpa.*.warning=false")
    prefs = Prefs()
    theme.apply(app, theme.chosen(app, prefs.look), prefs.scale)
    return app


def show_project(folder: Path, *, starter: bool = False) -> Window | None:
    """Open a project in a window; None when it cannot be opened, after having said why."""
    opened = _wait_for(lambda: open_project(folder), f"Opening {folder.stem}…")
    if isinstance(opened, StudioError):
        from studio.app.widgets.dialogs import cannot_open

        cannot_open(opened).exec()
        return None
    assert isinstance(opened, Opened)
    return build_window(opened, starter=starter)


@dataclass(frozen=True)
class Opened:
    """What was prepared off the main thread."""

    project: Project
    registry: Registry
    loaded: Loaded
    new: bool


def open_project(folder: Path) -> Opened:
    """Open a project, or make it, and find the plugins. Not for the main thread.

    Raises:
        ProjectError: It is locked, damaged, or no project.
    """
    from studio.app.session import Loaded
    from studio.project import Project
    from studio.registry import Registry
    from studio.settings import load_settings

    new = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if new:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(f"{folder.parent} cannot be made: {error.strerror}") from None
    registry = Registry.discover(load_settings().disabled_plugins)
    kind_of = partial(kind_of_file, registry)
    make = Project.create if new else Project.open
    project = make(folder, kind_of=kind_of)
    try:
        return Opened(project, registry, Loaded.read(project), new)
    except BaseException:
        project.close()
        raise


def kind_of_file(registry: Registry, file: Path) -> str:
    """The kind of asset in a file, by the exporters there are."""
    from studio.project.kinds import kind_of_suffix

    try:
        return registry.kind_of_file(file)
    except StudioError:
        return kind_of_suffix(file)


def build_window(
    opened: Opened,
    *,
    starter: bool = False,
    host: str = "process",
    output: Output | None = None,
) -> Window:
    """Make the window of an opened project and show it.

    Args:
        opened: The project and the plugins.
        starter: It is the starter board: with hints, and if it is new, with examples.
        host: Where jobs run: ``"process"``, or ``"thread"`` in this process.
        output: Where sounds are heard; None is the machine's own.
    """
    from studio.app.session import Session
    from studio.app.starter import make_examples
    from studio.app.widgets.window import Window
    from studio.engine import Engine, EngineSettings
    from studio.settings import load_settings

    memory = load_settings().memory_mb
    budget = memory * 2**20 if memory else None
    settings = EngineSettings(host=cast("Any", host), memory_budget=budget)
    main = MainThread()
    engine = Engine(opened.registry, settings=settings)
    session = Session(opened.project, opened.registry, engine, main.deliver, output)
    prefs = Prefs()
    window = Window(session, prefs, hints=starter and not prefs.get("hints_closed", False))
    window.ended.connect(main.close)
    main.setParent(window)
    folder = str(opened.project.folder)
    session.background.do(session.background.requests, lambda: prefs.opened(folder))
    window.show()
    window.start(opened.loaded)
    if starter and opened.new:
        make_examples(session)
    return window


def _wait_for(work: Callable[[], Opened], words: str) -> Opened | StudioError:
    """Do something in a thread and answer events until it is done; say so if it takes long."""
    answer: list[Opened | StudioError] = []
    loop, main = QEventLoop(), MainThread()

    def task() -> None:
        try:
            answer.append(work())
        except StudioError as error:
            answer.append(error)
        except Exception as error:
            log.exception("the project could not be opened")
            answer.append(StudioError(f"something unexpected went wrong: {error}"))
        main.deliver(loop.quit)

    splash = QLabel(words)
    splash.setWindowFlag(Qt.WindowType.SplashScreen)
    splash.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
    splash.setMargin(32)
    soon = QTimer(splash, singleShot=True, interval=_SOON)
    soon.timeout.connect(splash.show)
    late = f"{words}\nA plugin takes long to load. `studio doctor` tells which plugins there are."
    long = QTimer(splash, singleShot=True, interval=_LONG)
    long.timeout.connect(lambda: splash.setText(late))
    soon.start()
    long.start()
    threading.Thread(target=task, name="opening", daemon=True).start()
    loop.exec()
    soon.stop()
    long.stop()
    splash.close()
    splash.deleteLater()
    return answer[0]


def _on_mistake(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A mistake of ours: it goes into the log and a calm line, and the window stays."""
    log.error("unexpected", exc_info=(kind, error, trace))
    said = (str(error.__cause__ or error).splitlines() or [kind.__name__])[0]
    from studio.app.widgets.window import Window

    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, Window) and not widget.isHidden():
            widget.session.say(f"something unexpected went wrong: {said}", "bad")
